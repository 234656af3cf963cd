"""Ballot stuffing in the demo city: each kind that the published rules take out, so that they can be seen at work."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from server.demo.answers import DAYS, FORGED, OK, STORIES, Sheet
from server.demo.city import LOCAL, City, Counter, Unit, moment
from server.skm.rules import ELEMENTS
from server.surveys.wire import Answers, SubmittedResponse

_BOASTS = (
    "Pelayanan sangat memuaskan",
    "Sangat baik",
    "Terbaik!",
    "Mantap",
    "Luar biasa pelayanannya",
    "pelayanan prima",
)
_PERFECT = dict.fromkeys(ELEMENTS, 4)


class _Scene(NamedTuple):
    """Where and when somebody stuffs: a counter, a working day, and the dice."""

    counter: Counter
    day: date
    opens: int
    random: Random


def stuffing(city: City, responses: int, now: datetime) -> Iterator[Sheet]:
    """Each kind of stuffing once in the last weeks and, the larger the city, again through the year."""
    random = Random(f"{city.seed}/stuffing")  # noqa: S311
    units = [unit for unit in city.units if _tempts(unit)]
    times = 1 + responses // 12_000
    for kind in (_night_flood, _same_page, _same_phone, _too_fast, _forged, _day_flood):
        if kind is _day_flood and responses < 5_000:
            continue
        for time in range(times):
            unit = random.choice(units)
            counter = max(unit.counters, key=lambda counter: counter.share)
            back = random.randrange(3, 30) if time == 0 else random.randrange(30, DAYS - 10)
            day = _working_day(unit, now.astimezone(LOCAL).date() - timedelta(days=back))
            yield from kind(_Scene(counter, day, int(unit.opens[:2]), random))


def _tempts(unit: Unit) -> bool:
    """Stuffing shows where a unit closes at night, is asked about cost like most, and has no story of its own."""
    is_ordinary = unit.answers is None and unit.name not in STORIES
    return is_ordinary and len(unit.open_days) < 7 and unit.services[0].asks_cost


def _working_day(unit: Unit, day: date) -> date:
    while str(day.isoweekday()) not in unit.open_days:
        day -= timedelta(days=1)
    return day


def _night_flood(scene: _Scene) -> Iterator[Sheet]:
    """Perfect answers within minutes, long after closing."""
    start = moment(scene.day, scene.random.choice((21, 22)), scene.random.randrange(40))
    for _ in range(scene.random.randrange(16, 34)):
        start += timedelta(seconds=scene.random.randrange(5, 14))
        yield _stuffed(scene, start)


def _day_flood(scene: _Scene) -> Iterator[Sheet]:
    """More answers in five minutes than a counter can serve."""
    start = moment(scene.day, scene.opens + 6, scene.random.randrange(40))
    for _ in range(scene.random.randrange(32, 46)):
        start += timedelta(seconds=scene.random.randrange(3, 8))
        yield _stuffed(scene, start)


def _same_page(scene: _Scene) -> Iterator[Sheet]:
    """One opened page, sent again and again."""
    page = scene.random.randbytes(9)
    start = moment(scene.day, scene.opens + 3, scene.random.randrange(50))
    served_at = start - timedelta(seconds=50)
    for _ in range(scene.random.randrange(5, 15)):
        start += timedelta(seconds=scene.random.randrange(40, 120))
        yield _stuffed(scene, start, served_at)._replace(page=page)


def _same_phone(scene: _Scene) -> Iterator[Sheet]:
    """One phone that opens a new page each time."""
    device = str(scene.random.random())
    start = moment(scene.day, scene.opens + 4, scene.random.randrange(50))
    for _ in range(10):
        start += timedelta(seconds=scene.random.randrange(90, 300))
        yield _stuffed(scene, start, device=device)


def _too_fast(scene: _Scene) -> Iterator[Sheet]:
    """Nobody reads nine questions in five seconds."""
    start = moment(scene.day, scene.opens + 2, scene.random.randrange(50))
    for _ in range(scene.random.randrange(4, 10)):
        start += timedelta(seconds=scene.random.randrange(60, 200))
        yield _stuffed(scene, start, start - timedelta(seconds=scene.random.randrange(3, 7)))


def _forged(scene: _Scene) -> Iterator[Sheet]:
    """A program that makes up its tokens."""
    start = moment(scene.day, scene.opens + 5, scene.random.randrange(50))
    for _ in range(scene.random.randrange(6, 14)):
        start += timedelta(seconds=scene.random.randrange(20, 60))
        yield _stuffed(scene, start)._replace(seal=FORGED)


def _stuffed(
    scene: _Scene, arrives: datetime, served_at: datetime | None = None, device: str | None = None
) -> Sheet:
    random = scene.random
    return Sheet(
        arrives,
        served_at or arrives - timedelta(seconds=random.randrange(15, 40)),
        random.randbytes(9),
        OK,
        SubmittedResponse(
            counter=scene.counter.code,
            answers=Answers(**_PERFECT),
            comment=random.choice(_BOASTS) if random.random() < 0.2 else None,
            answered_at=arrives,
            channel="qr",
            device=device or str(random.random()),
        ),
    )
