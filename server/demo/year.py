"""A year of answers: when and where citizens answer, and the stuffing that the published rules take out."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from server.demo.answers import Reputation, answers_of, reputation_of
from server.demo.city import ZONE, City, Counter, Service, Unit
from server.demo.people import person
from server.demo.remarks import remark
from server.surveys.rules import ELEMENTS
from server.surveys.wire import Answers, SubmittedResponse

DAYS = 365
_ZONE = ZoneInfo(ZONE)

OK, FORGED, MISSING = "ok", "forged", "missing"


class Sheet(NamedTuple):
    """One answer on its way: what a phone sends and when. The page's token is signed where the secret is."""

    received_at: datetime
    served_at: datetime
    page: bytes
    """The number in the page's token."""
    seal: str
    """OK, FORGED, or MISSING: what is wrong with its token."""
    submission: SubmittedResponse


class _Year(NamedTuple):
    """What all units share: the year that ends now, and how busy each day of it is."""

    first: date
    now: datetime

    def time(self, moment: datetime) -> float:
        """0 on the first day, 1 now."""
        return 1 - (self.now - moment) / timedelta(days=DAYS)


def year_of(city: City, responses: int, now: datetime) -> list[Sheet]:
    """All answers of the year that ends `now`, in the order in which they arrive."""
    year = _Year((now - timedelta(days=DAYS)).astimezone(_ZONE).date() + timedelta(days=1), now)
    stuffed = [sheet for sheet in _stuffing(city, responses, year) if sheet.received_at <= now][:responses]
    sheets = [*stuffed]
    for unit, number in zip(city.units, _shared(city, responses - len(stuffed)), strict=True):
        sheets += _answers(unit, number, year, Random(f"{city.seed}/{unit.slug}/answers"))  # noqa: S311
    return sorted(sheets, key=lambda sheet: (sheet.received_at, sheet.page))


def _shared(city: City, responses: int) -> list[int]:
    """How many answers each unit gets: exactly its own number, the others by their share."""
    fixed = sum(unit.answers or 0 for unit in city.units)
    whole = sum(unit.share for unit in city.units if unit.answers is None)
    left = max(0, responses - fixed)
    # the edges of the shares, rounded, so that the sum is right to the last answer
    edges = [0, *accumulate(unit.share if unit.answers is None else 0.0 for unit in city.units)]
    rounded = [round(left * edge / whole) for edge in edges]
    return [
        (rounded[place + 1] - rounded[place]) if unit.answers is None else min(unit.answers, responses)
        for place, unit in enumerate(city.units)
    ]


# ── honest answers ───────────────────────────────────────────────────────────────────────────────────────────────────


def _answers(unit: Unit, number: int, year: _Year, random: Random) -> Iterator[Sheet]:
    reputation = reputation_of(unit, random)
    # some counters and some services of a unit are better than others
    shifts = {counter.code: random.gauss(0, 0.07) for counter in unit.counters}
    shifts |= {service.slug: random.gauss(0, 0.1) for service in unit.services}
    counters = random.choices(unit.counters, [counter.share for counter in unit.counters], k=number)
    shares = [service.share for service in unit.services]
    by_slug = {service.slug: service for service in unit.services}
    for counter, moment in zip(counters, _moments(unit, number, year, random), strict=True):
        # one in twelve who may choose a service does not
        chosen = None if random.random() < 0.08 else random.choices(unit.services, shares)[0]
        service = by_slug[counter.service] if counter.service else chosen
        shift = shifts[counter.code] + shifts.get(service.slug if service else "", 0.0)
        yield _sheet(unit, counter, service, moment, year, reputation, shift, random)


def _sheet(
    unit: Unit,
    counter: Counter,
    service: Service | None,
    moment: datetime,
    year: _Year,
    reputation: Reputation,
    shift: float,
    random: Random,
) -> Sheet:
    someone = person(random, unit.theme, service.name if service else "")
    is_crowded = 9 <= moment.astimezone(_ZONE).hour <= 10
    # who chooses no service is asked about cost all the same, unless nothing here asks about it
    cost = service.cost if service else unit.services[0].cost
    felt = shift - 0.06 * is_crowded
    answers = answers_of(random, someone, reputation, cost, year.time(moment), felt)
    language = "en" if random.random() < 0.006 else "id"
    lowest = min(answer for key in ELEMENTS if (answer := getattr(answers, key)) is not None)
    comment = None
    if random.random() < (0.2 if lowest <= 2 else 0.07):
        comment = remark(random, unit.theme, cost, answers, language)
    channel = _channel(counter, random)
    served_at, seal = _served(moment, channel, random)
    return Sheet(
        moment,
        served_at,
        random.randbytes(9),
        seal,
        SubmittedResponse(
            counter=counter.code,
            answers=answers,
            service=service.slug if service and counter.service is None else None,
            respondent=someone.respondent,
            comment=comment,
            # without its script a page knows neither the time nor the phone
            answered_at=None if channel == "form" else moment - timedelta(seconds=random.randrange(1, 4)),
            lang=language,
            channel=channel,  # type: ignore[arg-type]
            device=str(random.random()) if channel in {"qr", "link"} else None,
        ),
    )


def _channel(counter: Counter, random: Random) -> str:
    if counter.is_kiosk and random.random() < 0.6:
        return "kiosk"
    return random.choices(("qr", "form", "link"), (90, 7, 3))[0]


def _served(moment: datetime, channel: str, random: Random) -> tuple[datetime, str]:
    """When the page of an answer was served, and its seal; a few are too hasty, too late, or have lost their token."""
    if channel == "kiosk":
        return moment - timedelta(minutes=random.randrange(5, 14 * 1440)), OK
    hour = moment.astimezone(_ZONE).hour
    draw = random.random()
    if draw < 0.0025:
        return moment - timedelta(seconds=random.randrange(4, 9)), OK
    if draw < 0.004:
        return moment - timedelta(hours=random.randrange(50, 130)), OK
    if draw < 0.005:
        return moment - timedelta(seconds=60), MISSING
    if 17 <= hour <= 22 and draw < 0.6:
        # scanned at the counter, answered at home
        return moment - timedelta(minutes=random.randrange(60, 600)), OK
    return moment - timedelta(seconds=random.randrange(40, 400)), OK


_HOURS = {7: 5, 8: 15, 9: 22, 10: 20, 11: 13, 12: 5, 13: 9, 14: 7, 15: 3, 16: 1}
_ROUND_THE_CLOCK = {hour: 1 for hour in range(24)} | {hour: 3 * share for hour, share in _HOURS.items()}
_EVENING = {17: 3, 18: 4, 19: 6, 20: 5, 21: 3, 22: 1, 23: 0.3, 4: 0.2, 5: 0.5}

_WEEKDAYS = (1.3, 1.1, 1.0, 1.0, 0.75, 0.55, 0.3)

_SEASONS: dict[str, dict[int, float]] = {
    "sekolah": {5: 1.5, 6: 3.2, 7: 2.6},
    "pajak": {7: 1.4, 8: 2.2, 9: 2.6},
    "dukcapil": {6: 1.3, 7: 1.3},
    "sosial": {2: 1.4, 3: 1.5},
    "puskesmas": {1: 1.2, 2: 1.2, 12: 1.2},
    "kerja": {6: 1.4, 7: 1.5},
    "air": {8: 1.3, 9: 1.5, 10: 1.4},
    "tani": {11: 1.8, 12: 1.5},
}
_CLOSED = {(1, 1), (5, 1), (6, 1), (8, 17), (12, 25)}
"""Holidays that fall on the same day every year."""


def _moments(unit: Unit, number: int, year: _Year, random: Random) -> Iterator[datetime]:
    """When the answers of a unit arrive: on its days, most in the morning, a few from home in the evening."""
    days = [year.first + timedelta(days=place) for place in range(DAYS)]
    busy = [_busy(unit, day, place) for place, day in enumerate(days)]
    opens, closes = int(unit.opens[:2]), int(unit.closes[:2])
    hours = _ROUND_THE_CLOCK if closes - opens > 20 else _HOURS
    shares = {hour: hours.get(hour, 4) for hour in range(opens, closes + (unit.closes[3:] > "00"))}
    late = {hour: share for hour, share in _EVENING.items() if hour not in shares}
    is_late = 0.03 * sum(shares.values()) / max(1, sum(late.values()))
    shares |= {hour: share * is_late for hour, share in late.items()}
    chosen_days = random.choices(days, busy, k=number)
    chosen_hours = random.choices(tuple(shares), tuple(shares.values()), k=number)
    for day, hour in zip(chosen_days, chosen_hours, strict=True):
        minute = random.randrange(60)
        if hour == opens:
            minute = max(minute, int(unit.opens[3:]) + 3)
        moment = _local(day, hour, min(minute, 59), random.randrange(60))
        while moment > year.now:
            moment -= timedelta(days=7)
        yield moment


def _busy(unit: Unit, day: date, place: int) -> float:
    if str(day.isoweekday()) not in unit.open_days or (
        (day.month, day.day) in _CLOSED and len(unit.open_days) < 7
    ):
        return 0.0
    season = _SEASONS.get(unit.theme, {}).get(day.month, 1.0)
    # the posters were new at first: the longer they hang, the more people scan
    return _WEEKDAYS[day.weekday()] * season * (0.6 + 0.6 * place / DAYS)


def _local(day: date, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=_ZONE).astimezone(UTC)


# ── stuffing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_BOASTS = (
    "Pelayanan sangat memuaskan",
    "Sangat baik",
    "Terbaik!",
    "Mantap",
    "Luar biasa pelayanannya",
    "pelayanan prima",
)


class _Scene(NamedTuple):
    """Where and when somebody stuffs: a counter, a working day, and the dice."""

    counter: Counter
    day: date
    opens: int
    random: Random


def _stuffing(city: City, responses: int, year: _Year) -> Iterator[Sheet]:
    """Each kind of stuffing once in the last weeks and, the larger the city, again through the year."""
    random = Random(f"{city.seed}/stuffing")  # noqa: S311
    units = [unit for unit in city.units if unit.answers is None and len(unit.open_days) < 7]
    times = 1 + responses // 12_000
    for kind in (_night_flood, _same_page, _same_phone, _too_fast, _forged, _day_flood):
        if kind is _day_flood and responses < 5_000:
            continue
        for time in range(times):
            unit = random.choice(units)
            counter = max(unit.counters, key=lambda counter: counter.share)
            back = random.randrange(3, 30) if time == 0 else random.randrange(30, DAYS - 10)
            day = _working_day(unit, year.now.astimezone(_ZONE).date() - timedelta(days=back))
            yield from kind(_Scene(counter, day, int(unit.opens[:2]), random))


def _working_day(unit: Unit, day: date) -> date:
    while str(day.isoweekday()) not in unit.open_days:
        day -= timedelta(days=1)
    return day


def _night_flood(scene: _Scene) -> Iterator[Sheet]:
    """Perfect answers within minutes, long after closing."""
    start = _local(scene.day, scene.random.choice((21, 22)), scene.random.randrange(40))
    for _ in range(scene.random.randrange(16, 34)):
        start += timedelta(seconds=scene.random.randrange(5, 14))
        yield _stuffed(scene, start)


def _day_flood(scene: _Scene) -> Iterator[Sheet]:
    """More answers in five minutes than a counter can serve."""
    start = _local(scene.day, scene.opens + 6, scene.random.randrange(40))
    for _ in range(scene.random.randrange(32, 46)):
        start += timedelta(seconds=scene.random.randrange(3, 8))
        yield _stuffed(scene, start)


def _same_page(scene: _Scene) -> Iterator[Sheet]:
    """One opened page, sent again and again."""
    page = scene.random.randbytes(9)
    start = _local(scene.day, scene.opens + 3, scene.random.randrange(50))
    served_at = start - timedelta(seconds=50)
    for _ in range(scene.random.randrange(5, 15)):
        start += timedelta(seconds=scene.random.randrange(40, 120))
        yield _stuffed(scene, start, served_at)._replace(page=page)


def _same_phone(scene: _Scene) -> Iterator[Sheet]:
    """One phone that opens a new page each time."""
    device = str(scene.random.random())
    start = _local(scene.day, scene.opens + 4, scene.random.randrange(50))
    for _ in range(10):
        start += timedelta(seconds=scene.random.randrange(90, 300))
        yield _stuffed(scene, start, device=device)


def _too_fast(scene: _Scene) -> Iterator[Sheet]:
    """Nobody reads nine questions in five seconds."""
    start = _local(scene.day, scene.opens + 2, scene.random.randrange(50))
    for _ in range(scene.random.randrange(4, 10)):
        start += timedelta(seconds=scene.random.randrange(60, 200))
        yield _stuffed(scene, start, start - timedelta(seconds=scene.random.randrange(3, 7)))


def _forged(scene: _Scene) -> Iterator[Sheet]:
    """A program that makes up its tokens."""
    start = _local(scene.day, scene.opens + 5, scene.random.randrange(50))
    for _ in range(scene.random.randrange(6, 14)):
        start += timedelta(seconds=scene.random.randrange(20, 60))
        yield _stuffed(scene, start)._replace(seal=FORGED)


def _stuffed(
    scene: _Scene, moment: datetime, served_at: datetime | None = None, device: str | None = None
) -> Sheet:
    random = scene.random
    return Sheet(
        moment,
        served_at or moment - timedelta(seconds=random.randrange(15, 40)),
        random.randbytes(9),
        OK,
        SubmittedResponse(
            counter=scene.counter.code,
            answers=Answers(**_PERFECT),
            comment=random.choice(_BOASTS) if random.random() < 0.2 else None,
            answered_at=moment,
            channel="qr",
            device=device or str(random.random()),
        ),
    )


_PERFECT = dict.fromkeys(ELEMENTS, 4)
