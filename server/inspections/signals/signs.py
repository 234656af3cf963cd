"""When a capture is worth a second look: how far apart two places are, how fast somebody would have had to travel.

Hints for people, not proofs. Pure.
"""

from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Literal

import msgspec

Kind = Literal["alike", "travel", "away"]

ALIKE_BITS = 10
"""Of 64: two files of one photo rarely differ in more, two photos hardly ever in so few.

Measured on 1,500 drawn rooms, sheets of print, buildings and textures with uneven light and grain. Missed of one photo
changed: saved anew at quality 40 to 95, made lighter or darker by a fifth, made smaller to a quarter, or sent through a
chat, 0 to 0.2 %; cut by 3 %, 10 %; turned by one degree, 12 %; cut by 6 %, 57 %. Taken for alike of a million pairs of
different ones: 2 where they show different things, 31 rooms, 113 buildings, 293 sheets of print.
"""
TRAVEL_WITHIN = timedelta(hours=12)
TRAVEL_KMH = 150
TRAVEL_METRES = 1_000
AWAY_METRES = 500

_EARTH_METRES = 6_371_000


class Place(msgspec.Struct, frozen=True):
    """Where something is (WGS 84), as exactly as is known."""

    latitude: float
    longitude: float
    accuracy_m: float = 0


class Capture(msgspec.Struct, frozen=True):
    """Where and when a photo was taken."""

    place: Place
    at: datetime


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a sign was read from, for the one who looks."""

    metres: int | None = None
    minutes: int | None = None
    bits: int | None = None
    """How many differ between two pictures that look alike."""
    is_same: bool = False
    """It is the very same picture."""


def metres_between(one: Place, other: Place) -> float:
    """The way over the surface of the earth."""
    north, other_north = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    half = sin((other_north - north) / 2) ** 2 + cos(north) * cos(other_north) * sin(east / 2) ** 2
    return 2 * _EARTH_METRES * asin(min(1, sqrt(half)))


def travel(one: Capture, other: Capture) -> Facts | None:
    """Two captures of one person, too far apart for the time between them."""
    took = abs(other.at - one.at)
    metres = metres_between(one.place, other.place)
    surely = metres - one.place.accuracy_m - other.place.accuracy_m
    if took > TRAVEL_WITHIN or surely <= TRAVEL_METRES:
        return None
    if surely / 1_000 <= TRAVEL_KMH * (took / timedelta(hours=1)):
        return None
    return Facts(metres=round(metres), minutes=round(took / timedelta(minutes=1)))


def away(taken: Place, unit: Place) -> Facts | None:
    """A capture that was surely not made at the unit."""
    metres = metres_between(taken, unit)
    return Facts(metres=round(metres)) if metres > AWAY_METRES + taken.accuracy_m else None
