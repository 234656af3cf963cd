"""What citizens answer: one sheet, by the reputation of a unit, element by element and through the year."""

import math
from datetime import datetime
from random import Random
from typing import NamedTuple

import msgspec

from server.demo.catalogue import FEE, FREE, INSURED, UNASKED
from server.demo.city import Unit
from server.demo.people import Person
from server.skm.rules import ELEMENTS
from server.surveys.wire import Answers, SubmittedResponse

DAYS = 365
"""How long citizens have been answering when the demo begins."""

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


_USUAL = {
    "persyaratan": 3.31,
    "prosedur": 3.25,
    "waktu": 3.13,
    "biaya": 3.25,
    "produk": 3.32,
    "kompetensi": 3.38,
    "perilaku": 3.42,
    "pengaduan": 3.15,
    "sarana": 3.12,
}
"""What an ordinary unit of the city is thought of, on the scale of four."""

# how often a charge that the law forbids, a tariff, or what insurance pays is called
# very expensive, rather expensive, cheap, free
_COST_WEIGHTS = {FREE: (1.0, 2.5, 12, 84), FEE: (3, 21, 70, 6), INSURED: (1.5, 8, 30, 60)}

_SKIPPED = {"biaya": 0.05, "pengaduan": 0.06}
_SKIPPED_ELSE = 0.008


class Reputation(msgspec.Struct, frozen=True):
    """How a unit differs from an ordinary one; all in steps of the scale of four."""

    level: float
    elements: dict[str, float]
    turn: float = 0.0
    """How much better (or worse) it is at the end of the year than at its beginning."""
    turned_at: float = 0.5
    """When in the year most of that happened, 0 to 1."""

    def at(self, element: str, time: float) -> float:
        """What the unit is thought of at a moment of the year, 0 to 1."""
        gone = 1 / (1 + math.exp(-14 * (time - self.turned_at)))
        return _USUAL[element] + self.level + self.elements.get(element, 0.0) + self.turn * (gone - 0.5)


STORIES: dict[str, Reputation] = {
    "Dinas Kependudukan dan Pencatatan Sipil": Reputation(0.02, {"waktu": -0.3, "produk": 0.1}, 0.18, 0.4),
    "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu": Reputation(0.0, {"prosedur": -0.25}, 0.6, 0.45),
    "Puskesmas Melatisari": Reputation(0.05, {"sarana": -0.5, "perilaku": 0.15}),
    "RSUD Lembayung": Reputation(-0.1, {"waktu": -0.5, "kompetensi": 0.15}),
    "Perumda Air Minum Tirta Lembayung": Reputation(-0.1, {"produk": -0.4, "pengaduan": -0.3}, -0.5, 0.6),
    "Perumda BPR Bank Pasar Lembayung": Reputation(0.12, {"biaya": -0.3, "sarana": 0.2}),
    "Perumda Pasar Lembayung": Reputation(-0.3, {"sarana": -0.5}),
    "Mal Pelayanan Publik": Reputation(0.4, {"sarana": 0.25, "waktu": -0.15}),
    "Dinas Pemadam Kebakaran dan Penyelamatan": Reputation(0.7, {"waktu": 0.25, "sarana": -0.15}),
    "Dinas Perpustakaan dan Kearsipan": Reputation(0.45, {"sarana": 0.15}),
    "Badan Pendapatan Daerah": Reputation(0.05, {"prosedur": 0.1, "biaya": -0.1}),
    "UPTD Rumah Susun Sewa": Reputation(-0.4, {"sarana": -0.3, "pengaduan": -0.45}),
    "UPTD Pengujian Kendaraan Bermotor": Reputation(-0.15, {"biaya": -0.6, "waktu": -0.15}, -0.4, 0.5),
    "Satuan Polisi Pamong Praja": Reputation(-0.12, {"perilaku": -0.4}),
    "Kecamatan Lembayung Selatan": Reputation(-0.1, {"waktu": -0.2}, 0.5, 0.55),
    "Kelurahan Tirtaraya": Reputation(-0.05, {"sarana": -0.2}, 0.6, 0.6),
    "Kelurahan Karangraya": Reputation(-0.3, {"waktu": -0.3, "kompetensi": -0.2}, -0.35, 0.4),
}
"""Units whose story is told; the others have one by chance."""

_RARELY_WEAK = {"kompetensi", "produk"}


def reputation_of(unit: Unit, random: Random) -> Reputation:
    if unit.name in STORIES:
        return STORIES[unit.name]
    likely = [key for key in ELEMENTS if key not in _RARELY_WEAK or random.random() < 0.4]
    weakest, weak, strong = random.sample(likely, 3)
    elements = {
        weakest: -random.uniform(0.25, 0.6),
        weak: -random.uniform(0.05, 0.25),
        strong: random.uniform(0.05, 0.25),
    }
    turn = random.choice((-1, 1)) * (
        random.uniform(0.3, 0.5) if random.random() < 0.12 else random.uniform(0, 0.1)
    )
    return Reputation(random.gauss(0.05, 0.15), elements, turn, random.uniform(0.3, 0.7))


def answers_of(
    random: Random, person: Person, reputation: Reputation, cost: str, time: float, shift: float
) -> Answers:
    """One sheet; `time` is 0 to 1 in the year, `shift` what this counter, service and hour add."""
    if person.is_hasty:
        same = _step(reputation.at("prosedur", time) + shift + 1.5 * person.mood + random.gauss(0.1, 0.2))
        given: dict[str, int | None] = dict.fromkeys(ELEMENTS, same)
    else:
        given = {
            key: _step(reputation.at(key, time) + shift + person.mood + random.gauss(0, 0.42))
            for key in ELEMENTS
        }
        given["biaya"] = _cost(random, cost, reputation.at("biaya", time) - _USUAL["biaya"] + person.mood / 2)
    for key in ELEMENTS:
        if random.random() < _SKIPPED.get(key, _SKIPPED_ELSE):
            given[key] = None
    if cost == UNASKED:
        given["biaya"] = None
    if not any(given.values()):
        given["perilaku"] = 3
    return Answers(**given)


def _step(felt: float) -> int:
    return min(4, max(1, math.floor(felt + 0.5)))


def _cost(random: Random, cost: str, felt: float) -> int:
    """What the cost is called: mostly a fact, coloured by what the unit is thought of."""
    weights = _COST_WEIGHTS.get(cost, _COST_WEIGHTS[INSURED])
    coloured = [weight * math.exp(felt * (step - 2.5)) for step, weight in enumerate(weights, 1)]
    return random.choices((1, 2, 3, 4), coloured)[0]
