"""One city from the catalogue and a seed: the same seed gives the same units, services and counter codes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count, islice
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from server.demo.catalogue import (
    CITY,
    DISTRICT_POINTS,
    DISTRICTS,
    FIRST,
    HOURS,
    PLACE,
    STREETS,
    UNASKED,
    Desk,
    Entry,
    Offer,
    entries,
    further,
)
from server.units.codes import CAPACITY, new_code
from server.units.slugs import free_slug, slug_of

ZONE = "Asia/Jakarta"
LOCAL = ZoneInfo(ZONE)

FEWEST_UNITS = 4
"""The registry office, the health office, a health centre and a kecamatan."""


class Service(msgspec.Struct, frozen=True):
    slug: str
    name: str
    cost: str
    """One of the catalogue's words: gratis, tarif, bpjs, or - when the survey does not ask about it."""
    share: int
    yearly_users: int | None

    @property
    def asks_cost(self) -> bool:
        return self.cost != UNASKED


class Counter(msgspec.Struct, frozen=True):
    code: str
    name: str
    service: str | None
    """A slug; None: citizens choose among all of the unit's services."""
    hall: str | None
    """The slug of the unit in whose hall it stands, when that is another one."""
    share: int
    is_kiosk: bool
    replaced_by: str | None = None
    """Set on a code that was withdrawn: nobody answers there any more."""


class Unit(msgspec.Struct, frozen=True):
    slug: str
    name: str
    kind: str
    above: str | None
    theme: str
    address: str
    latitude: float
    longitude: float
    contact: str
    opens: str
    closes: str
    open_days: str
    yearly_users: int
    share: float
    answers: int | None
    """Exactly so many answers in the year; None: by its share."""
    services: tuple[Service, ...]
    counters: tuple[Counter, ...]


class City(msgspec.Struct, frozen=True):
    name: str
    seed: int
    units: tuple[Unit, ...]
    """Each below one that stands before it."""

    def unit(self, name: str) -> Unit:
        return next(unit for unit in self.units if unit.name == name)


def moment(day: date, hour: int, minute: int, second: int = 0) -> datetime:
    """What a clock on the city's walls shows, in UTC."""
    local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=LOCAL)
    return local.astimezone(UTC)


def city_of(seed: int, units: int) -> City:
    """The city of a seed with so many units, FEWEST_UNITS or more."""
    chosen = _chosen(units)
    names = {entry.name for entry in chosen}
    codes: set[str] = set()
    return City(
        CITY, seed, tuple(_unit(entry, place, seed, names, codes) for place, entry in enumerate(chosen))
    )


def _chosen(units: int) -> list[Entry]:
    if units < FEWEST_UNITS:
        raise ValueError(f"A demo city has {FEWEST_UNITS} units or more.")
    catalogue = list(entries())
    known = {entry.name: entry for entry in catalogue}
    line = [known[name] for name in FIRST] + [entry for entry in catalogue if entry.name not in FIRST]
    # a unit brings the one above it along
    chosen: dict[str, Entry] = {}
    for entry in line:
        above = [known[entry.above]] if entry.above and entry.above not in chosen else []
        chosen |= {one.name: one for one in (*above, entry) if one.name not in chosen}
    more = (further(number) for number in count())
    return [*chosen.values(), *islice(more, max(0, units - len(chosen)))][:units]


def _unit(entry: Entry, place: int, seed: int, names: set[str], codes: set[str]) -> Unit:
    random = Random(f"{seed}/{entry.name}")  # noqa: S311
    users = _round(entry.users * random.uniform(0.8, 1.25))
    offers = _kept(entry, random)
    services = _services(offers, users, random)
    opens, closes, days = HOURS.get(entry.theme) or HOURS[entry.kind]
    slug = slug_of(entry.name)
    street, number, district = random.choice(STREETS), random.randrange(1, 120), _district(entry, random)
    latitude, longitude = _point(district, Random(f"{seed}/{entry.name}/point"))  # noqa: S311
    return Unit(
        slug=slug,
        name=entry.name,
        kind=entry.kind,
        above=slug_of(entry.above) if entry.above else None,
        theme=entry.theme,
        address=f"{street} {number}, {district}",
        latitude=latitude,
        longitude=longitude,
        contact=f"Meja pengaduan, telepon (0200) 55{place + 101:04}, {slug.split('-dan-')[0]}@lembayung.example",
        opens=opens,
        closes=closes,
        open_days=days,
        yearly_users=users,
        share=entry.share * random.uniform(0.65, 1.4),
        answers=entry.answers,
        services=services,
        counters=_counters(entry, {service.name: service.slug for service in services}, random, names, codes),
    )


def _kept(entry: Entry, random: Random) -> tuple[Offer, ...]:
    if entry.offers_kept is None:
        return entry.offers
    needed = {desk.offer for desk in entry.desks} | {offer.name for offer in entry.offers[:3]}
    others = [offer for offer in entry.offers if offer.name not in needed]
    kept = random.sample(others, entry.offers_kept - (len(entry.offers) - len(others)))
    return tuple(offer for offer in entry.offers if offer.name in needed or offer in kept)


def _services(offers: Sequence[Offer], users: int, random: Random) -> tuple[Service, ...]:
    services: list[Service] = []
    whole = sum(offer.share for offer in offers)
    for offer in offers:
        slug = free_slug(offer.name, {service.slug for service in services})
        # here and there nobody has counted yet
        is_counted = random.random() < 0.9
        of_service = _round(users * offer.share / whole * random.uniform(0.85, 1.15)) if is_counted else None
        services.append(Service(slug, offer.name, offer.cost, offer.share, of_service))
    return tuple(services)


def _counters(
    entry: Entry, services: dict[str, str], random: Random, names: set[str], codes: set[str]
) -> tuple[Counter, ...]:
    def counter(desk: Desk, replaced_by: str | None = None) -> Counter:
        return Counter(
            _free_code(random, codes),
            desk.name,
            services[desk.offer] if desk.offer else None,
            slug_of(desk.hall) if desk.hall else None,
            0 if replaced_by else desk.share,
            desk.is_kiosk,
            replaced_by,
        )

    desks = entry.desks or (Desk("Loket Pelayanan", None, 100),)
    stand = tuple(counter(desk) for desk in desks if desk.hall is None or desk.hall in names)
    if entry.name != FIRST[0]:
        return stand
    return (*stand, counter(Desk(f"{desks[0].name} (poster lama)", desks[0].offer, 0), stand[0].code))


def _free_code(random: Random, codes: set[str]) -> str:
    code = next(code for code in (new_code(random.randrange(CAPACITY)) for _ in count()) if code not in codes)
    codes.add(code)
    return code


def _district(entry: Entry, random: Random) -> str:
    """Where a unit stands: named after its district, or one of the six; offices stand in the middle."""
    if entry.kind in {"dinas", "badan", "bagian", "lainnya", "mpp"}:
        return f"{PLACE} Tengah"
    at = next(
        (
            district
            for district, villages in DISTRICTS.items()
            if entry.name.endswith(district)
            or entry.name.endswith(villages)
            or district in (entry.above or "")
        ),
        None,
    )
    return at or random.choice(tuple(DISTRICTS))


def _point(district: str, random: Random) -> tuple[float, float]:
    """A place in the district, as exact as a map shows it; its draws are its own, so that no other changes."""
    north, east = DISTRICT_POINTS[district]
    return round(north + random.uniform(-0.009, 0.009), 5), round(east + random.uniform(-0.009, 0.009), 5)


def _round(users: float) -> int:
    """Two figures that count, as people report such numbers: 4.273 is 4.300."""
    step = int(10 ** max(0, len(str(int(users))) - 2))
    return max(1, round(users / step)) * step
