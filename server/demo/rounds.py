"""The demo's rounds of inspection as a script: who plans, visits, answers, decides and repairs what, and when.

PEKPPP last year  finished: final scores, repairs under way
PEKPPP this year  under way: verified, waiting, returned, half filled in, assigned and not yet assigned visits
Monev             two teams with the same checklist: one unit disputed, one settled, one where something does not apply
Ombudsman         product by product, two units final
By phone          a visit that waits for photos, one beside another of the same place, one by somebody not assigned

Times are working days back from now, so that the script always lies in the past year.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from server.demo.city import LOCAL, City, Unit, moment
from server.demo.observing import Look

LAST, RUNNING, MONEV, OMBUDSMAN = "last", "running", "monev", "ombudsman"

COORDINATOR, INSPECTORS = "gita", ("eka", "fajar")
TEAMS = {"eka": "Inspektorat", "fajar": "Kesekretariatan yang membidangi Organisasi"}

UNITS_LAST_YEAR, UNITS_NOW, UNITS_CHECKED, UNITS_COMPARED = 8, 12, 6, 3
PRODUCTS = 2
FOLLOW_UPS_MOST = 20
"""More than any unit of the demo has in one round."""


class Planned(NamedTuple):
    at: datetime
    round: str
    title: str
    instrument: str
    first: date
    last: date
    units: tuple[str, ...]


class Assigned(NamedTuple):
    at: datetime
    look: Look
    due: date


class Visited(NamedTuple):
    """A visit begins, and so large a part of its findings is recorded."""

    at: datetime
    look: Look
    part: float = 1


class Sent(NamedTuple):
    """A visit that was made on a phone comes in whole; so many of its photos are still there."""

    at: datetime
    look: Look
    missing: int = 0


class Submitted(NamedTuple):
    at: datetime
    look: Look


class Verified(NamedTuple):
    at: datetime
    look: Look


class Returned(NamedTuple):
    at: datetime
    look: Look
    reasons: dict[str, str]


class Replied(NamedTuple):
    """The unit answers the weakest finding but `place` of a visit."""

    at: datetime
    look: Look
    place: int


class Decided(NamedTuple):
    at: datetime
    reply: Replied
    is_upheld: bool


class Settled(NamedTuple):
    at: datetime
    look: Look
    indicator: str
    value: int


class Finalised(NamedTuple):
    at: datetime
    round: str
    unit: str


class Asked(NamedTuple):
    """A user fills the users' form in; without its page's token it is left out."""

    at: datetime
    round: str
    unit: str
    number: int
    has_token: bool = True


class Repaired(NamedTuple):
    """The unit's follow-up at `place` of a round is reported as repaired; nothing happens where there is none."""

    at: datetime
    round: str
    unit: str
    place: int


class Closed(NamedTuple):
    at: datetime
    round: str
    unit: str
    place: int


class PutOff(NamedTuple):
    at: datetime
    round: str
    unit: str
    place: int
    until: date


class Ended(NamedTuple):
    at: datetime
    round: str


Deed = (
    Planned
    | Assigned
    | Visited
    | Sent
    | Submitted
    | Verified
    | Returned
    | Replied
    | Decided
    | Settled
    | Finalised
    | Asked
    | Repaired
    | Closed
    | PutOff
    | Ended
)


class Calendar(NamedTuple):
    """Working days counted back from now."""

    now: datetime

    def back(self, days: int) -> date:
        """The working day so many working days ago."""
        day = self.now.astimezone(LOCAL).date()
        while day.isoweekday() > 5:
            day -= timedelta(days=1)
        weeks, rest = divmod(days, 5)
        day -= timedelta(weeks=weeks)
        for _ in range(rest):
            day -= timedelta(days=3 if day.isoweekday() == 1 else 1)
        return day

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        return moment(self.back(days), hour, minute)


def script(city: City, now: datetime) -> list[Deed]:
    """Everything that happened, in its order."""
    calendar = Calendar(now)
    random = Random(f"{city.seed}/rounds")  # noqa: S311
    units = [unit.slug for unit in city.units]
    deeds = [
        *_last_year(calendar, units[:UNITS_LAST_YEAR], random),
        *_this_year(calendar, units[:UNITS_NOW], random),
        *_checklist(calendar, units[:UNITS_CHECKED]),
        *_by_product(calendar, city.units[: 2 * UNITS_COMPARED : 2]),
        *_phoned(calendar, units),
    ]
    return sorted(deeds, key=lambda deed: deed.at)


def units_inspected(city: City) -> tuple[Unit, ...]:
    """The units that have an officer of their own, because somebody inspects them."""
    return city.units[:UNITS_NOW]


# ── PEKPPP, finished ──


def _last_year(calendar: Calendar, units: Sequence[str], random: Random) -> Iterator[Deed]:
    year = _year(calendar) - 1
    yield _planned(calendar.at(253, 9), LAST, f"PEKPPP {year}", "pekppp/2022", year, units)
    for place, unit in enumerate(units):
        look = Look(LAST, unit, INSPECTORS[place % 2])
        yield Assigned(calendar.at(252, 10), look, calendar.back(232))
        yield from _assessed(calendar, Look(LAST, unit, "", "F-01"), 250, verified=247)
        yield from _asked(calendar, LAST, unit, random, 10 + (place * 3) % 6, (246, 240))
        begun = 246 - place
        yield from _visited(calendar, look, begun)
        yield Verified(calendar.at(begun - 2, 14, place * 5), look)
        for number in range((2, 1, 0, 1, 0, 2, 0, 1)[place]):
            reply = Replied(calendar.at(begun - 4, 10, 10 * number), look, number)
            yield reply
            yield Decided(calendar.at(begun - 6, 11, 10 * number), reply, (place + number) % 2 == 0)
        yield Finalised(calendar.at(begun - 9, 15), LAST, unit)
        yield from _followed_up(calendar, LAST, unit, begun - 9, place)
    yield Ended(calendar.at(220, 16), LAST)


def _followed_up(calendar: Calendar, round: str, unit: str, final: int, place: int) -> Iterator[Deed]:
    """Three of five follow-ups are closed, one is reported as repaired, one is still open."""
    for number in range(FOLLOW_UPS_MOST):
        begun = final - 12 - 2 * number - place
        match (number + place) % 5:
            case 0:
                if number % 2 == 0:
                    until = calendar.now.astimezone(LOCAL).date() + timedelta(days=5 + 7 * number)
                    yield PutOff(calendar.at(12 + place, 10, number), round, unit, number, until)
            case 3:
                yield Repaired(calendar.at(3 + place % 3, 13, number), round, unit, number)
            case _:
                yield Repaired(calendar.at(begun, 13, number), round, unit, number)
                yield Closed(calendar.at(begun - 6, 10, number), round, unit, number)


# ── PEKPPP, under way ──


def _this_year(calendar: Calendar, units: Sequence[str], random: Random) -> Iterator[Deed]:
    year = _year(calendar)
    yield _planned(calendar.at(30, 9), RUNNING, f"PEKPPP {year}", "pekppp/2022", year, units)
    today = calendar.now.astimezone(LOCAL).date()
    for place, unit in enumerate(units[:10]):
        look = Look(
            RUNNING,
            unit,
            ("eka", "eka", "eka", "fajar", "eka", "eka", "fajar", "fajar", "eka", "fajar")[place],
        )
        due = {8: today + timedelta(days=4), 9: calendar.back(3)}.get(place, today + timedelta(days=9))
        yield Assigned(calendar.at(28, 10, place), look, due)
        own = Look(RUNNING, unit, "", "F-01")
        if place in {1, 7}:
            yield from _assessed(calendar, own, 24, verified=21)
        elif place in {2, 3, 4}:
            yield from _assessed(calendar, own, 20 - place)
        elif place in {5, 6}:
            yield Visited(calendar.at(5, 9, place), own, part=0.6)
        match place:
            case 0:
                # the officer of this unit has a finding to answer, and the unit's own assessment to fill in
                yield from _visited(calendar, look, 6)
                yield Verified(calendar.at(2, 14), look)
            case 1:
                yield from _visited(calendar, look, 8)
                yield Verified(calendar.at(3, 14), look)
                yield Replied(calendar.at(1, 10), look, 0)
            case 2 | 3:
                yield from _visited(calendar, look, 5 - place)
            case 4:
                yield from _visited(calendar, look, 7)
                yield Returned(calendar.at(4, 15), look, _WHY_RETURNED)
            case 5 | 6:
                yield Visited(calendar.at(7 - place, 9, place), look, part=0.55)
            case 7:
                yield from _visited(calendar, look, 14)
                yield Verified(calendar.at(11, 14), look)
        if place < 8:
            yield from _asked(calendar, RUNNING, unit, random, (11, 12, 7, 4, 9, 3, 6, 13)[place], (18, 1))


_WHY_RETURNED = {
    "17": "Foto toilet tampak dari luar saja. Foto bagian dalam, wastafel, dan sabunnya.",
    "18": "Butir jalan landai dicentang, tetapi tidak tampak pada foto.",
}


# ── a checklist for two teams ──


def _checklist(calendar: Calendar, units: Sequence[str]) -> Iterator[Deed]:
    first, last = calendar.back(45), calendar.back(5)
    yield Planned(calendar.at(45, 9), MONEV, f"Monev {first.year}", "sampang/2018", first, last, tuple(units))
    for place, unit in enumerate(units):
        beside = frozenset({"6"}) if place == 2 else frozenset()
        looks = [Look(MONEV, unit, person, inapplicable=beside) for person in INSPECTORS]
        if place < 2:
            looks[1] = looks[1]._replace(differs=frozenset({"5"}))
        for team, look in enumerate(looks):
            yield Assigned(calendar.at(44, 10, 2 * place + team), look, calendar.back(36))
            if place == 5 and team == 1:
                continue
            yield from _visited(calendar, look, 40 - team - place % 3)
            yield Verified(calendar.at(35, 13, 2 * place + team), look)
        if place == 0:
            yield Settled(calendar.at(33, 10), looks[0], "5", 1)
        if place in {0, 2, 4}:
            yield Finalised(calendar.at(26, 11, place), MONEV, unit)


# ── product by product ──


def _by_product(calendar: Calendar, units: Sequence[Unit]) -> Iterator[Deed]:
    first, last = calendar.back(66), calendar.back(30)
    slugs = tuple(unit.slug for unit in units)
    title = f"Kepatuhan pelayanan publik {first.year}"
    yield Planned(calendar.at(66, 9), OMBUDSMAN, title, "ombudsman/classic", first, last, slugs)
    for place, unit in enumerate(units):
        for number, service in enumerate(unit.services[:PRODUCTS]):
            look = Look(OMBUDSMAN, unit.slug, INSPECTORS[(place + 1) % 2], service=service.slug)
            yield Assigned(calendar.at(65, 10, 4 * place + number), look, calendar.back(55))
            yield from _visited(calendar, look, 60 - 2 * place, minute=25 * number)
            yield Verified(calendar.at(53, 14, 4 * place + number), look)
        if place < 2:
            yield Finalised(calendar.at(44, 11, place), OMBUDSMAN, unit.slug)
            yield Repaired(calendar.at(16, 13, place), OMBUDSMAN, unit.slug, 0)
            yield Closed(calendar.at(9, 10, place), OMBUDSMAN, unit.slug, 0)
            yield Repaired(calendar.at(4, 13, place), OMBUDSMAN, unit.slug, 1)


# ── by phone ──


def _phoned(calendar: Calendar, units: Sequence[str]) -> Iterator[Deed]:
    """What the bureau finds on its page of phones."""
    # the one place of the checklist that was left
    yield Sent(calendar.at(2, 14), Look(MONEV, units[UNITS_CHECKED - 1], "fajar"), missing=2)
    # begun at the office, then made once more on the phone
    yield Sent(calendar.at(1, 14), Look(RUNNING, units[5], "eka"))
    # stood in for a colleague, and nobody wrote it down
    yield Sent(calendar.at(1, 15), Look(RUNNING, units[9], "eka"))


# ── what rounds share ──


def _year(calendar: Calendar) -> int:
    """The year of the round that is under way: its plan was made in it."""
    return calendar.back(30).year


def _planned(
    at: datetime, round: str, title: str, instrument: str, year: int, units: Sequence[str]
) -> Planned:
    return Planned(at, round, title, instrument, date(year, 1, 1), date(year, 12, 31), tuple(units))


def _visited(calendar: Calendar, look: Look, day: int, minute: int = 0) -> Iterator[Deed]:
    yield Visited(calendar.at(day, 9, minute), look)
    yield Submitted(calendar.at(day, 12, minute), look)


def _assessed(calendar: Calendar, look: Look, day: int, verified: int | None = None) -> Iterator[Deed]:
    yield Visited(calendar.at(day, 8, 30), look)
    yield Submitted(calendar.at(day - 1, 15, 20), look)
    if verified is not None:
        yield Verified(calendar.at(verified, 9, 40), look)


def _asked(
    calendar: Calendar, round: str, unit: str, random: Random, count: int, days: tuple[int, int]
) -> Iterator[Deed]:
    """So many users, and now and then one whose sheet came without a page of ours."""
    first, last = days
    for number in range(count + (count > 10)):
        at = calendar.at(random.randint(last, first), random.randrange(8, 14), random.randrange(60))
        yield Asked(at, round, unit, number, has_token=number < count)
