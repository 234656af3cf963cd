"""Geometry of the pictures on public pages: where each bar, segment, dot and line goes.

Horizontal places are percentages of the picture's width, vertical ones pixels: a picture then fits any screen while
its text stays as large as the text around it. Nothing here knows colours, languages or HTML.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec

ELEMENT_SCALE = (Decimal(1), Decimal(4))
INDEX_SCALE = (Decimal(25), Decimal(100))

SMALL_N = 30
"""Fewer respondents than this are drawn hollow: chance moves such an index by several points."""

ROW_HEIGHT = 44
STACK_HEIGHT = 50
AXIS_HEIGHT = 24

SEGMENT_TEXT_FROM = 12
"""The percentage from which a segment is wide enough, on the smallest phone, for its own text."""

TREND_TOP = 28
TREND_HEIGHT = 252
TREND_EDGE = Fraction(8)
"""Percent left free at both sides, so that the first and the last dot keep their text inside."""

NAMED_MONTHS = 14
"""Up to so many months each gets its name; of more, only January's."""


class Mark(msgspec.Struct, frozen=True):
    """A place on a horizontal axis and the number that belongs there."""

    x: str
    value: str


class Zone(msgspec.Struct, frozen=True):
    """The stretch of an axis that belongs to one grade: `middle` is where its letter stands."""

    grade: str
    middle: str


class Bar(msgspec.Struct, frozen=True):
    """One element on the scale; without a value nobody was asked."""

    key: str
    top: int
    value: str | None
    grade: str | None
    width: str
    is_lowest: bool


class BarChart(msgspec.Struct, frozen=True):
    height: int
    axis_top: int
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    zones: tuple[Zone, ...]


def element_bars(
    elements: Mapping[str, Mapping[str, Any]], lowest: Sequence[str], bands: Sequence[Mapping[str, str]]
) -> BarChart:
    """The elements of an index, a row each, on the true scale from 1 to 4 with the edges of the grades.

    `bands` are the grades of the index from the highest to the lowest.
    """
    bars = tuple(
        Bar(
            key=key,
            top=row * ROW_HEIGHT,
            value=two_places(element),
            grade=element["grade"],
            width=_percent(_place(_mean(element) or ELEMENT_SCALE[0], ELEMENT_SCALE)),
            is_lowest=bool(lowest) and key == lowest[0],
        )
        for row, (key, element) in enumerate(elements.items())
    )
    edges = [
        ELEMENT_SCALE[0],
        *(Decimal(band["lowest"]) / 25 for band in reversed(bands[:-1])),
        ELEMENT_SCALE[1],
    ]
    places = [_place(edge, ELEMENT_SCALE) for edge in edges]
    height = len(bars) * ROW_HEIGHT
    return BarChart(
        height=height + AXIS_HEIGHT,
        axis_top=height,
        bars=bars,
        marks=tuple(
            Mark(_percent(place), str(_rounded(edge, 2 if 0 < place < 100 else 0)))
            for edge, place in zip(edges, places, strict=True)
        ),
        zones=tuple(
            Zone(band["grade"], _percent((left + right) / 2))
            for band, (left, right) in zip(reversed(bands), pairwise(places), strict=True)
        ),
    )


def two_places(element: Mapping[str, Any]) -> str | None:
    """An element's average for sentences and pictures, rounded once where its whole numbers are known."""
    mean = _mean(element)
    return None if mean is None else str(_rounded(_decimal(mean), 2))


def _mean(element: Mapping[str, Any]) -> Fraction | None:
    if element["nrr"] is None:
        return None
    return Fraction(element["total"], element["n"]) if element.get("n") else Fraction(element["nrr"])


class Segment(msgspec.Struct, frozen=True):
    """All who gave one answer to one element; `text` is their percentage where there is room for it."""

    answer: int
    n: int
    percent: int
    x: str
    width: str
    middle: str
    text: str


class Stack(msgspec.Struct, frozen=True):
    key: str
    top: int
    n: int
    segments: tuple[Segment, ...]


class StackChart(msgspec.Struct, frozen=True):
    height: int
    stacks: tuple[Stack, ...]


def answer_stacks(elements: Mapping[str, Mapping[str, Any]]) -> StackChart:
    """How the answers 1 to 4 share the respondents of each element that was answered and whose answers are known."""
    known = [
        (key, element["counts"]) for key, element in elements.items() if any(element.get("counts") or ())
    ]
    stacks = tuple(
        Stack(key, row * STACK_HEIGHT, sum(counts), _segments(counts))
        for row, (key, counts) in enumerate(known)
    )
    return StackChart(len(stacks) * STACK_HEIGHT, stacks)


def _segments(counts: Sequence[int]) -> tuple[Segment, ...]:
    total = sum(counts)
    segments = []
    before = 0
    for answer, n in enumerate(counts, 1):
        left, width = Fraction(100 * before, total), Fraction(100 * n, total)
        before += n
        if n:
            percent = share(n, total)
            text = f"{percent}%" if percent >= SEGMENT_TEXT_FROM else ""
            segments.append(
                Segment(answer, n, percent, _percent(left), _percent(width), _percent(left + width / 2), text)
            )
    return tuple(segments)


def share(n: int, total: int) -> int:
    """The whole percentage, half up, that `n` is of `total`."""
    return (200 * n + total) // (2 * total) if total else 0


class Dot(msgspec.Struct, frozen=True):
    """One month with answers. `is_hollow`: too few to rely on; `is_named`: worth its number on a narrow screen."""

    month: date
    x: str
    y: int
    ikm: str
    grade: str
    n: int
    is_hollow: bool
    is_named: bool


class Line(msgspec.Struct, frozen=True):
    x1: str
    y1: int
    x2: str
    y2: int


class BandLine(msgspec.Struct, frozen=True):
    """The lower edge of a grade, and the middle of its stretch for its letter."""

    grade: str
    edge: str
    y: int
    middle: int


class MonthName(msgspec.Struct, frozen=True):
    month: date
    x: str
    n: int
    is_on_phones: bool
    """Whether a narrow screen has room for it."""


class Trend(msgspec.Struct, frozen=True):
    height: int
    bottom: int
    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    bands: tuple[BandLine, ...]
    months: tuple[MonthName, ...]
    has_values: bool
    """Whether there is room on a wide screen for the number of every dot."""


def trend(months: Sequence[Mapping[str, Any]], bands: Sequence[Mapping[str, str]]) -> Trend:
    """The index month by month over its whole scale, 25 to 100; neighbours are joined, a gap stays a gap."""
    shown = _trimmed(months)
    places = [_month_place(i, len(shown)) for i in range(len(shown))]
    telling = _telling([month["ikm"] for month in shown])
    placed: list[Dot | None] = [
        Dot(
            month=_first_day(month["month"]),
            x=_percent(place),
            y=_height(Decimal(month["ikm"])),
            ikm=month["ikm"],
            grade=month["grade"],
            n=month["n"],
            is_hollow=month["n"] < SMALL_N,
            is_named=i in telling,
        )
        if month["ikm"] is not None
        else None
        for i, (month, place) in enumerate(zip(shown, places, strict=True))
    ]
    return Trend(
        height=TREND_TOP + TREND_HEIGHT + 2 * AXIS_HEIGHT,
        bottom=TREND_TOP + TREND_HEIGHT,
        dots=tuple(dot for dot in placed if dot),
        lines=tuple(Line(one.x, one.y, other.x, other.y) for one, other in pairwise(placed) if one and other),
        bands=_band_lines(bands),
        months=_month_names(shown, places),
        has_values=len(shown) <= NAMED_MONTHS,
    )


def _trimmed(months: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Without the months before the first answer and after the last."""
    answered = [i for i, month in enumerate(months) if month["n"]]
    return months[answered[0] : answered[-1] + 1] if answered else ()


def _month_place(i: int, count: int) -> Fraction:
    if count == 1:
        return Fraction(50)
    return TREND_EDGE + (100 - 2 * TREND_EDGE) * i / (count - 1)


def _telling(values: Sequence[str | None]) -> set[int]:
    """The last month, the highest and the lowest: what to read first where there is no room for all."""
    known = {i: Decimal(value) for i, value in enumerate(values) if value is not None}
    if not known:
        return set()
    return {max(known), max(known, key=known.__getitem__), min(known, key=known.__getitem__)}


def _band_lines(bands: Sequence[Mapping[str, str]]) -> tuple[BandLine, ...]:
    lines = []
    above = TREND_TOP
    for band in bands:
        y = _height(Decimal(band["lowest"]))
        lines.append(BandLine(band["grade"], band["lowest"], y, (above + y) // 2))
        above = y
    return tuple(lines)


def _month_names(shown: Sequence[Mapping[str, Any]], places: Sequence[Fraction]) -> tuple[MonthName, ...]:
    if len(shown) > NAMED_MONTHS:
        named = [i for i, month in enumerate(shown) if month["month"].endswith("-01")]
    else:
        named = list(range(len(shown)))
    # on a phone every third name has room, counted back from the last: the newest month is always named
    return tuple(
        MonthName(
            month=_first_day(shown[i]["month"]),
            x=_percent(places[i]),
            n=shown[i]["n"],
            is_on_phones=len(shown) <= 5 or len(shown) > NAMED_MONTHS or (named[-1] - i) % 3 == 0,
        )
        for i in named
    )


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _height(value: Decimal) -> int:
    up = _place(value, INDEX_SCALE) * TREND_HEIGHT / 100
    return TREND_TOP + TREND_HEIGHT - int(_rounded(_decimal(up), 0))


def _place(value: Decimal | Fraction, scale: tuple[Decimal, Decimal]) -> Fraction:
    """Where a value stands on a scale, in percent; values beyond its ends stand at them."""
    low, high = map(Fraction, scale)
    return min(max((Fraction(value) - low) * 100 / (high - low), Fraction(0)), Fraction(100))


def _percent(place: Fraction) -> str:
    return f"{_rounded(_decimal(place), 2).normalize():f}%"


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / exact.denominator


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
