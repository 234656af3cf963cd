"""A year of answers: when and where citizens answer, honest ones and stuffed ones in the order of their arrival."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from server.demo.answers import DAYS, MISSING, OK, Reputation, Sheet, answers_of, reputation_of
from server.demo.city import LOCAL, City, Counter, Service, Unit, moment
from server.demo.people import person
from server.demo.remarks import remark
from server.demo.stuffing import stuffing
from server.skm.rules import ELEMENTS
from server.surveys.wire import SubmittedResponse


class _Year(NamedTuple):
    """The year that ends now, in local days and in UTC."""

    first: date
    now: datetime

    def time(self, moment: datetime) -> float:
        """0 on the first day, 1 now."""
        return 1 - (self.now - moment) / timedelta(days=DAYS)


def year_of(city: City, responses: int, now: datetime) -> list[Sheet]:
    """All answers of the year that ends `now`, in the order in which they arrive."""
    year = _Year((now - timedelta(days=DAYS)).astimezone(LOCAL).date() + timedelta(days=1), now)
    sheets = [sheet for sheet in stuffing(city, responses, now) if sheet.received_at <= now][:responses]
    for unit, number in zip(city.units, _shared(city, responses - len(sheets)), strict=True):
        sheets += _answers(unit, number, year, Random(f"{city.seed}/{unit.slug}/answers"))  # noqa: S311
    return sorted(sheets, key=lambda sheet: (sheet.received_at, sheet.page))


_ENOUGH_FOR_SILENCE = 1_000
"""With fewer answers than this, nobody would see that a unit has fewer than others."""


def _shared(city: City, responses: int) -> list[int]:
    """How many answers each unit gets: exactly its own number, the others by their share."""
    exactly = [unit.answers if responses >= _ENOUGH_FOR_SILENCE else None for unit in city.units]
    left = responses - sum(number or 0 for number in exactly)
    shares = [unit.share if own is None else 0.0 for unit, own in zip(city.units, exactly, strict=True)]
    # the edges between the shares are rounded, so that the sum is right to the last answer
    edges = [round(left * edge / sum(shares)) for edge in accumulate(shares, initial=0.0)]
    return [edges[place + 1] - edges[place] if own is None else own for place, own in enumerate(exactly)]


def _answers(unit: Unit, number: int, year: _Year, random: Random) -> Iterator[Sheet]:
    reputation = reputation_of(unit, random)
    # some counters and some services of a unit are better than others
    shifts = {counter.code: random.gauss(0, 0.07) for counter in unit.counters}
    shifts |= {service.slug: random.gauss(0, 0.1) for service in unit.services}
    counters = random.choices(unit.counters, [counter.share for counter in unit.counters], k=number)
    shares = [service.share for service in unit.services]
    by_slug = {service.slug: service for service in unit.services}
    for counter, arrives in zip(counters, _moments(unit, number, year, random), strict=True):
        # one in twelve who may choose a service does not
        chosen = None if random.random() < 0.08 else random.choices(unit.services, shares)[0]
        service = by_slug[counter.service] if counter.service else chosen
        shift = shifts[counter.code] + shifts.get(service.slug if service else "", 0.0)
        yield _sheet(unit, counter, service, arrives, year, reputation, shift, random)


def _sheet(
    unit: Unit,
    counter: Counter,
    service: Service | None,
    arrives: datetime,
    year: _Year,
    reputation: Reputation,
    shift: float,
    random: Random,
) -> Sheet:
    service_name = service.name if service else ""
    someone = person(random, unit.theme, service_name)
    is_crowded = 9 <= arrives.astimezone(LOCAL).hour <= 10
    # who chooses no service is asked about cost all the same, unless nothing here asks about it
    cost = service.cost if service else unit.services[0].cost
    felt = shift - 0.06 * is_crowded
    answers = answers_of(random, someone, reputation, cost, year.time(arrives), felt)
    language = "en" if random.random() < 0.006 else "id"
    lowest = min(answer for key in ELEMENTS if (answer := getattr(answers, key)) is not None)
    comment = None
    if random.random() < (0.2 if lowest <= 2 else 0.07):
        comment = remark(random, unit.theme, service_name, cost, answers, language)
    channel = _channel(counter, random)
    served_at, seal = _served(arrives, channel, random)
    return Sheet(
        arrives,
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
            answered_at=None if channel == "form" else arrives - timedelta(seconds=random.randrange(1, 4)),
            lang=language,
            channel=channel,  # type: ignore[arg-type]
            device=str(random.random()) if channel in {"qr", "link"} else None,
        ),
    )


def _channel(counter: Counter, random: Random) -> str:
    if counter.is_kiosk and random.random() < 0.6:
        return "kiosk"
    return random.choices(("qr", "form", "link"), (90, 7, 3))[0]


def _served(arrives: datetime, channel: str, random: Random) -> tuple[datetime, str]:
    """When the page of an answer was served, and its seal; a few are too hasty, too late, or have lost their token."""
    if channel == "kiosk":
        return arrives - timedelta(minutes=random.randrange(5, 14 * 1440)), OK
    hour = arrives.astimezone(LOCAL).hour
    draw = random.random()
    if draw < 0.0025:
        return arrives - timedelta(seconds=random.randrange(4, 9)), OK
    if draw < 0.004:
        return arrives - timedelta(hours=random.randrange(50, 130)), OK
    if draw < 0.005:
        return arrives - timedelta(seconds=60), MISSING
    if 17 <= hour <= 22 and draw < 0.6:
        # scanned at the counter, answered at home
        return arrives - timedelta(minutes=random.randrange(60, 600)), OK
    return arrives - timedelta(seconds=random.randrange(40, 400)), OK


_HOURS: dict[int, float] = {7: 5, 8: 15, 9: 22, 10: 20, 11: 13, 12: 5, 13: 9, 14: 7, 15: 3, 16: 1}
_ROUND_THE_CLOCK = {hour: 1.0 for hour in range(24)} | {hour: 3 * share for hour, share in _HOURS.items()}
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
        first_minute = int(unit.opens[3:]) + 3 if hour == opens else 0
        arrives = moment(day, hour, random.randrange(first_minute, 60), random.randrange(60))
        while arrives > year.now:
            arrives -= timedelta(days=7)
        yield arrives


def _busy(unit: Unit, day: date, place: int) -> float:
    if str(day.isoweekday()) not in unit.open_days or (
        (day.month, day.day) in _CLOSED and len(unit.open_days) < 7
    ):
        return 0.0
    season = _SEASONS.get(unit.theme, {}).get(day.month, 1.0)
    # the posters were new at first: the longer they hang, the more people scan
    return _WEEKDAYS[day.weekday()] * season * (0.6 + 0.6 * place / DAYS)
