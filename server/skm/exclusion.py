"""The published rules against ballot stuffing: which answers do not count, and why, computable by anyone.

Rule:   ours, no regulation has one; openly counted ("12 dari 340 dikeluarkan, aturan R3") and reversible
Since:  `in_force_from` of each rule book; days are judged by the book of their time
Proof:  tests/skm/test_exclusion.py

No rule looks at an address: a hall full of people shares one. Answers are never deleted.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """One rule as the public reads it, in Indonesian and English."""

    code: str
    title: str
    explanation: str
    title_en: str
    explanation_en: str


class RuleBook(msgspec.Struct, frozen=True):
    """The thresholds of the rules from a day on."""

    in_force_from: date
    rules: tuple[Rule, ...]
    fastest_s: int
    answers_per_device: int
    burst_minutes: int
    burst_while_closed: int
    burst_at_any_time: int
    closing_grace_minutes: int


_RULES_2026 = (
    Rule(
        "R1",
        "Tanpa tanda halaman yang sah",
        "Jawaban yang tidak membawa tanda dari halaman survei kami, atau tandanya palsu atau kedaluwarsa, "
        "tidak dihitung.",
        "No valid page mark",
        "An answer without the mark of our survey page, or with a forged or expired one, is not counted.",
    ),
    Rule(
        "R2",
        "Terlalu cepat",
        "Jawaban yang kami terima kurang dari 9 detik setelah halamannya dibuka, yakni kurang dari satu "
        "detik tiap pertanyaan, tidak dihitung.",
        "Too fast",
        "An answer that reaches us less than 9 seconds after its page was opened, less than one second a "
        "question, is not counted.",
    ),
    Rule(
        "R3",
        "Halaman yang sama dikirim lagi",
        "Bila satu halaman survei mengirim lebih dari satu jawaban, hanya jawaban pertama yang dihitung.",
        "The same page sent again",
        "When one survey page sends more than one answer, only the first is counted.",
    ),
    Rule(
        "R4",
        "Lebih dari tiga jawaban dari satu ponsel",
        "Dari satu ponsel di satu loket pada satu hari, 3 jawaban pertama dihitung (sekeluarga boleh "
        "memakai satu ponsel); selebihnya tidak.",
        "More than three answers from one phone",
        "From one phone at one counter on one day the first 3 answers are counted (a family may share a "
        "phone); the rest are not.",
    ),
    Rule(
        "R5",
        "Banjir jawaban",
        "Bila satu loket menerima 12 jawaban atau lebih dalam 5 menit di luar jam buka (dengan kelonggaran "
        "30 menit), atau 30 jawaban atau lebih dalam 5 menit kapan pun, semua jawaban dalam banjir itu tidak "
        "dihitung.",
        "A flood of answers",
        "When a counter receives 12 answers or more within 5 minutes outside its opening hours (with 30 "
        "minutes of grace), or 30 or more within 5 minutes at any time, none of that flood is counted.",
    ),
)

BOOKS: tuple[RuleBook, ...] = (
    RuleBook(
        in_force_from=date(2026, 1, 1),
        rules=_RULES_2026,
        # nobody reads nine questions and answers them at one a second
        fastest_s=9,
        # a family shares a phone; more than three of it at one counter on one day is rare
        answers_per_device=3,
        burst_minutes=5,
        # behind a closed door there is no queue that could answer
        burst_while_closed=12,
        # ten seconds a person, for five minutes on end: no counter serves that fast
        burst_at_any_time=30,
        # the last of the queue answer on their way home, the first while the door opens
        closing_grace_minutes=30,
    ),
)
"""Oldest first. A book is never edited; one that changes a threshold changes its sentence too."""

CURRENT = BOOKS[-1]

RULES = CURRENT.rules
"""For the public page, in the order in which they are applied."""


def book_on(day: date) -> RuleBook:
    """The book in force on a day; the first also judges all days before it: no day is without rules."""
    return next((book for book in reversed(BOOKS) if book.in_force_from <= day), BOOKS[0])


class OpeningHours(msgspec.Struct, frozen=True):
    """When the unit is open on one day: spans of local minutes since midnight; no span: closed all day."""

    spans: tuple[tuple[int, int], ...]

    def is_open(self, minute: int, grace: int) -> bool:
        return any(first - grace <= minute <= last + grace for first, last in self.spans)


class Seen(msgspec.Struct, frozen=True):
    """What the rules look at in one answer.

    `local_at` is the local wall clock when it was answered, as far as we can trust it: when we received it,
    but for a kiosk, which keeps answers for days, what its tablet says. `token` is the verdict on the page's
    mark: ok, missing, expired or forged; `served_at` and `nonce` are what it tells. `device` is that day's
    opaque mark of a browser, never made from an address.
    """

    id: str
    received_at: datetime
    local_at: datetime
    token: str
    served_at: datetime | None = None
    nonce: str | None = None
    device: str | None = None
    channel: str = "qr"


VALID = "ok"
"""The verdict on a token that proves its page."""

_ALL = frozenset(rule.code for rule in _RULES_2026)

EXEMPT: dict[str, frozenset[str]] = {
    # one tablet and one page serve everybody
    "kiosk": frozenset({"R3", "R4"}),
    # entered under a name by somebody who signed in, from sheets that can be looked at
    "paper": _ALL,
    "import": _ALL,
}
"""The rules that make no sense for a channel."""

UNJUDGED = tuple(channel for channel, exempt in EXEMPT.items() if exempt == _ALL)
"""Channels that no rule judges."""


def judge(
    day: Sequence[Seen], opening: OpeningHours | None = None, book: RuleBook = CURRENT
) -> dict[str, str]:
    """The answers that do not count, each with the first rule it breaks: id -> code.

    `day` is all that one counter received on one local day, in any order. `opening` None: unknown, then only
    the part of R5 that holds at any time applies. A later rule does not look at what an earlier one excluded:
    a flood of forged answers neither uses up a phone's three nor drags down who answered honestly meanwhile.
    """
    excluded: dict[str, str] = {}
    standing = sorted(day, key=lambda seen: (seen.received_at, seen.id))
    for code, breaking in _rules(opening, book).items():
        judged = [seen for seen in standing if code not in EXEMPT.get(seen.channel, frozenset())]
        broken = {seen.id for seen in breaking(judged)}
        excluded |= dict.fromkeys(broken, code)
        standing = [seen for seen in standing if seen.id not in broken]
    return excluded


Breaking = Callable[[Sequence[Seen]], Iterable[Seen]]
"""Of answers in the order received, those that break a rule."""


def _rules(opening: OpeningHours | None, book: RuleBook) -> dict[str, Breaking]:
    return {
        "R1": lambda day: (seen for seen in day if seen.token != VALID),
        "R2": lambda day: (seen for seen in day if _is_too_fast(seen, book)),
        "R3": lambda day: _beyond(1, day, lambda seen: seen.nonce),
        "R4": lambda day: _beyond(book.answers_per_device, day, lambda seen: seen.device),
        "R5": lambda day: _floods(day, opening, book),
    }


def _is_too_fast(seen: Seen, book: RuleBook) -> bool:
    fastest = timedelta(seconds=book.fastest_s)
    return seen.served_at is not None and seen.received_at - seen.served_at < fastest


def _beyond(most: int, day: Sequence[Seen], mark: Callable[[Seen], str | None]) -> Iterable[Seen]:
    """All but the first `most` that carry the same mark; what carries none is let through."""
    counted: dict[str, int] = {}
    for seen in day:
        key = mark(seen)
        if key is None:
            continue
        counted[key] = counted.get(key, 0) + 1
        if counted[key] > most:
            yield seen


def _floods(day: Sequence[Seen], opening: OpeningHours | None, book: RuleBook) -> Iterable[Seen]:
    yield from _bursts(day, book.burst_at_any_time, book)
    if opening is not None:
        grace = book.closing_grace_minutes
        closed = [seen for seen in day if not opening.is_open(_minute(seen.local_at), grace)]
        yield from _bursts(closed, book.burst_while_closed, book)


def _minute(local_at: datetime) -> int:
    return local_at.hour * 60 + local_at.minute


def _bursts(day: Sequence[Seen], least: int, book: RuleBook) -> Iterable[Seen]:
    """All that lie in some window of `burst_minutes`, both ends included, which holds at least `least`."""
    in_time = sorted(day, key=lambda seen: (seen.local_at, seen.id))
    window = timedelta(minutes=book.burst_minutes)
    first = told = 0
    for last, seen in enumerate(in_time):
        while seen.local_at - in_time[first].local_at > window:
            first += 1
        if last - first + 1 >= least:
            yield from in_time[max(first, told) : last + 1]
            told = last + 1
