"""What is sent to settle a dispute and to make a score final."""

import msgspec


class Settling(msgspec.Struct, forbid_unknown_fields=True):
    """The value that holds where visits disagree, and why."""

    reason: str
    value: int | str | None = None
    """With decimals a text, so that nothing rounds it on the way."""
    not_applicable: bool = False
    service: str | None = None
    """The slug of the public service, where the instrument looks at services."""


class Finalisation(msgspec.Struct, forbid_unknown_fields=True):
    """A score is made final; before the unit's time to reply is over only with a reason."""

    note: str = ""
    waive_window: bool = False
