"""Periods a public page can be about: a year, a semester, a quarter, a month, or any range of local days."""

import re
from datetime import date, timedelta

import msgspec

_CODE = re.compile(r"(20\d\d)(?:-(?:S([12])|(?:Q|TW)([1-4])|(0[1-9]|1[0-2])))?", re.IGNORECASE)

YEARS = range(2000, 2100)
LONGEST = timedelta(days=3660)

MONTHS_LONG = {"year": 12, "half": 6, "quarter": 3, "month": 1}


class NotAPeriod(ValueError):
    """What an address asks for is no period; the message says, in Indonesian, how one is written."""


class Period(msgspec.Struct, frozen=True):
    """Local days from `first` to `last`, both included. `number` counts halves, quarters and months within the year."""

    kind: str
    """year, half, quarter, month, or days for a range of no such kind."""
    first: date
    last: date
    number: int = 0

    @property
    def code(self) -> str | None:
        """How addresses write it: 2026, 2026-S1, 2026-Q3, 2026-11; a range of days has no code."""
        written = {
            "year": "",
            "half": f"-S{self.number}",
            "quarter": f"-Q{self.number}",
            "month": f"-{self.number:02}",
        }
        return None if self.kind == "days" else f"{self.first.year}{written[self.kind]}"

    @property
    def before(self) -> "Period":
        """The period of the same kind, or the same length, that ends the day before this one begins."""
        if self.kind == "days":
            return Period(
                "days",
                self.first - (self.last - self.first) - timedelta(days=1),
                self.first - timedelta(days=1),
            )
        return _of_months(self.kind, _months_later(self.first, -MONTHS_LONG[self.kind]))

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def period_asked(code: str | None, first: str | None, last: str | None) -> Period | None:
    """The period that an address names by its code or by its two days; None when it names none."""
    if first or last:
        return _range(first, last)
    return period_of(code) if code else None


def period_of(code: str) -> Period:
    found = _CODE.fullmatch(code.strip())
    if found is None:
        raise NotAPeriod(
            "Periode ditulis sebagai tahun (2026), semester (2026-S1), triwulan (2026-Q3), atau bulan (2026-11)."
        )
    year = int(found[1])
    if found[2]:
        return _of_months("half", date(year, 6 * int(found[2]) - 5, 1))
    if found[3]:
        return _of_months("quarter", date(year, 3 * int(found[3]) - 2, 1))
    if found[4]:
        return _of_months("month", date(year, int(found[4]), 1))
    return year_of(year)


def year_of(year: int) -> Period:
    return _of_months("year", date(year, 1, 1))


def within_year(year: int) -> list[Period]:
    """The year itself, then its halves, quarters and months: what a reader may choose."""
    return [
        _of_months(kind, date(year, month, 1))
        for kind, length in MONTHS_LONG.items()
        for month in range(1, 13, length)
    ]


def months_around(period: Period, today: date) -> tuple[date, date]:
    """The days a trend shows: the period up to today, but at least the twelve months that end with it."""
    last = min(period.last, max(today, period.first))
    return min(period.first, _months_later(last.replace(day=1), -11)), last


def _range(first: str | None, last: str | None) -> Period:
    try:
        days = Period("days", date.fromisoformat(first or ""), date.fromisoformat(last or ""))
    except ValueError:
        raise NotAPeriod("Tanggal awal dan akhir ditulis tahun-bulan-hari, misalnya 2026-11-22.") from None
    if days.first > days.last:
        raise NotAPeriod("Tanggal awal tidak boleh sesudah tanggal akhir.")
    if days.first.year not in YEARS or days.last.year not in YEARS or days.last - days.first > LONGEST:
        raise NotAPeriod("Rentang tanggal paling lama 10 tahun, dari tahun 2000 sampai 2099.")
    return days


def _of_months(kind: str, first: date) -> Period:
    length = MONTHS_LONG[kind]
    return Period(
        kind, first, _months_later(first, length) - timedelta(days=1), (first.month - 1) // length + 1
    )


def _months_later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
