"""Quarters of a year: the periods in which the survey is reported."""

import re
from datetime import date, timedelta
from typing import ClassVar

import msgspec

_TEXT = re.compile(r"(20\d\d)-(?:Q|TW)([1-4])", re.IGNORECASE)


class Quarter(msgspec.Struct, frozen=True, order=True):
    year: int
    number: int
    """From 1 to 4."""

    @property
    def first(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def previous(self) -> "Quarter":
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    @property
    def code(self) -> str:
        """How addresses write it."""
        return f"{self.year}-Q{self.number}"

    kind: ClassVar[str] = "quarter"
    """Among the periods that pages put in words."""


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


def quarter_from(text: str, today: date) -> Quarter:
    """The quarter an address names (2026-Q4); today's where it names none."""
    found = _TEXT.fullmatch(text)
    return Quarter(int(found[1]), int(found[2])) if found else quarter_of(today)


def quarters_until(last: Quarter, count: int) -> list[Quarter]:
    """The quarter and those before it, newest first."""
    found = [last]
    while len(found) < count:
        found.append(found[-1].previous)
    return found
