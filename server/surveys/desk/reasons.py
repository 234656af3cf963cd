"""What is known of an answer that the rules against stuffing looked at: the facts behind their verdict, to be checked
by the person who reviews it.

The verdict is told anew from all that the counter received that day, so it stays visible after somebody decided
otherwise.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from server.skm.exclusion import EXEMPT, RULES, OpeningHours, RuleBook, Seen, judge
from server.skm.tally import COUNTED

FLOOD = "R5"

NEVER_JUDGED = frozenset(
    channel for channel, exempt in EXEMPT.items() if exempt >= {rule.code for rule in RULES}
)
"""Channels that no rule looks at: their answers have no reason."""


class Place(msgspec.Struct, frozen=True):
    """The how-manieth of how many, from 1, in the order received."""

    number: int
    of: int


class Flood(msgspec.Struct, frozen=True):
    """The flood an answer came in: how many, and from when to when on the local clock."""

    n: int
    first: datetime
    last: datetime


class Reason(msgspec.Struct, frozen=True):
    """What the rules saw in one answer; None where it tells nothing."""

    rule: str
    """What the rules say, whatever a person decided; empty: it counts."""
    local_at: datetime
    is_open: bool
    token: str
    seconds: int | None
    """From serving the page to receiving the answer."""
    page: Place | None
    device: Place | None
    flood: Flood | None


def reasons_of(day: Sequence[Seen], opening: OpeningHours, book: RuleBook) -> dict[str, Reason]:
    """The reason of each answer that a counter received on a day, by its id."""
    in_order = sorted(day, key=lambda seen: (seen.received_at, seen.id))
    verdicts = judge(in_order, opening, book)
    pages = _places(in_order, lambda seen: seen.nonce)
    devices = _places(in_order, lambda seen: seen.device)
    floods = _floods([seen for seen in in_order if verdicts.get(seen.id) == FLOOD], book)
    return {
        seen.id: Reason(
            rule=verdicts.get(seen.id, COUNTED),
            local_at=seen.local_at,
            is_open=opening.is_open(seen.local_at.hour * 60 + seen.local_at.minute, 0),
            token=seen.token,
            seconds=(seen.received_at - seen.served_at) // timedelta(seconds=1) if seen.served_at else None,
            page=pages.get(seen.id),
            device=devices.get(seen.id),
            flood=floods.get(seen.id),
        )
        for seen in in_order
    }


def _places(day: Sequence[Seen], mark: Callable[[Seen], str | None]) -> Mapping[str, Place]:
    """The place of each answer among those with its mark; one that shares it with no other has none."""
    together: dict[str, list[str]] = {}
    for seen in day:
        if (key := mark(seen)) is not None:
            together.setdefault(key, []).append(seen.id)
    return {
        seen_id: Place(number, len(ids))
        for ids in together.values()
        if len(ids) > 1
        for number, seen_id in enumerate(ids, 1)
    }


def _floods(flooded: Sequence[Seen], book: RuleBook) -> Mapping[str, Flood]:
    """The flood of each answer that rule R5 took out: a flood ends where the next answer is a window away."""
    window = timedelta(minutes=book.burst_minutes)
    runs: list[list[Seen]] = []
    for seen in sorted(flooded, key=lambda seen: (seen.local_at, seen.id)):
        if runs and seen.local_at - runs[-1][-1].local_at <= window:
            runs[-1].append(seen)
        else:
            runs.append([seen])
    return {seen.id: Flood(len(run), run[0].local_at, run[-1].local_at) for run in runs for seen in run}
