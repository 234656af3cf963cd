"""How an instrument is told to the outside: what it is, where it is from, what of it is unsure."""

from typing import Any

import msgspec

from server.inspections.api import time_told
from server.inspections.difference import Change, difference, sums_changed, tells
from server.inspections.editions.storage import Published
from server.inspections.instrument import Instrument, encoded, sha256_of


def summary(one: Published) -> dict[str, Any]:
    instrument, edition = one.instrument, one.edition
    is_own = edition is not None and not one.is_national
    return {
        "code": instrument.code,
        "version": instrument.version,
        "title": instrument.title,
        "legal_basis": instrument.legal_basis,
        "in_force_from": instrument.in_force_from.isoformat(),
        "based_on": instrument.based_on or None,
        "sha256": sha256_of(instrument),
        "source": "national" if one.is_national else "city",
        "parts": len(instrument.parts),
        "indicators": len(list(instrument.indicators)),
        "doubts": doubts_in(instrument),
        "withdrawn": one.is_withdrawn,
        "published_at": time_told(edition.kept_at) if edition and is_own else None,
        "reason": edition.reason if edition and is_own else None,
    }


def whole(one: Published) -> dict[str, Any]:
    """With the instrument in exactly the bytes that its hash is of."""
    return {**summary(one), "instrument": msgspec.Raw(encoded(one.instrument))}


def doubts_in(value: Any) -> int:
    """How many things of an instrument are not verified against the regulation."""
    match value:
        case msgspec.Struct():
            inner = sum(doubts_in(getattr(value, field)) for field in value.__struct_fields__)
            return inner + len(getattr(value, "doubts", ()))
        case tuple():
            return sum(map(doubts_in, value))
        case _:
            return 0


def compared(before: Instrument, after: Instrument) -> dict[str, Any]:
    changes = difference(before, after)
    return {
        "from": {"address": before.address, "sha256": sha256_of(before)},
        "to": {"address": after.address, "sha256": sha256_of(after)},
        "sums_as_before": not sums_changed(before, after),
        "changes": [_change(change) for change in changes],
        "tells": tells(changes),
    }


def _change(change: Change) -> dict[str, Any]:
    return msgspec.structs.asdict(change)
