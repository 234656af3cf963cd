"""Periods people ask for: a year, a semester, a quarter, a month, or any range of local days."""

import re
from datetime import date, timedelta

from server.skm.rules import BadPeriod

_SHORTCUT = re.compile(r"((?:19|20)\d{2})(?:-(?:S([12])|(?:Q|TW)([1-4])|(0[1-9]|1[0-2])))?", re.IGNORECASE)

Range = tuple[date | None, date | None]
"""First and last day, both included; None is open."""


def range_of(shortcut: str) -> tuple[date, date]:
    """The days of `2026`, `2026-S1`, `2026-Q3` (also `2026-TW3`) or `2026-11`."""
    match = _SHORTCUT.fullmatch(shortcut.strip())
    if match is None:
        raise BadPeriod(
            "bad_period",
            "Periode ditulis sebagai tahun (2026), semester (2026-S1), triwulan (2026-Q3), atau bulan (2026-11).",
            "period",
        )
    year = int(match[1])
    if match[2]:
        first, months = 6 * int(match[2]) - 5, 6
    elif match[3]:
        first, months = 3 * int(match[3]) - 2, 3
    elif match[4]:
        first, months = int(match[4]), 1
    else:
        first, months = 1, 12
    return date(year, first, 1), _month_start(year, first + months) - timedelta(days=1)


def days_between(first: str | None, last: str | None) -> Range:
    """The range of two ISO days, either of which may be left open."""
    days = _day(first, "from"), _day(last, "to")
    if days[0] and days[1] and days[0] > days[1]:
        raise BadPeriod("bad_period", "Tanggal awal tidak boleh sesudah tanggal akhir.", "from")
    return days


def _day(text: str | None, field: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadPeriod(
            "bad_period", "Tanggal ditulis tahun-bulan-hari, misalnya 2026-11-22.", field
        ) from None


def _month_start(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
