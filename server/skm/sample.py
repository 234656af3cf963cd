"""How many respondents a survey needs, how many it has, and whether one place or hour speaks for all.

Rule:   Krejcie and Morgan, as reports under PermenPANRB 14/2017 print it: X² = 3,841, P = Q = 0,5, d = 0,05
Since:  2017; the older figure of 150 belongs to the rule of fourteen elements
Proof:  tests/skm/test_sample.py: all 90 rows of the table
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import msgspec

from server.skm.rules import SkmError

FORMULA = "formula"
TABLE_UP = "table_up"
METHODS = (FORMULA, TABLE_UP)
"""Between two rows of the table practice differs: the formula itself (ours), or the next row."""

# fmt: off
TABLE_POPULATIONS = (
    10, 15, 20, 25, 30, 35, 40, 45, 50, 55,
    60, 65, 70, 75, 80, 85, 90, 95, 100, 110,
    120, 130, 140, 150, 160, 170, 180, 190, 200, 210,
    220, 230, 240, 250, 260, 270, 280, 290, 300, 320,
    340, 360, 380, 400, 420, 440, 460, 480, 500, 550,
    600, 650, 700, 750, 800, 850, 900, 950, 1000, 1100,
    1200, 1300, 1400, 1500, 1600, 1700, 1800, 1900, 2000, 2200,
    2400, 2600, 2800, 3000, 3500, 4000, 4500, 5000, 6000, 7000,
    8000, 9000, 10000, 15000, 20000, 30000, 40000, 50000, 75000, 1000000,
)
# fmt: on
"""The populations that have a row of their own."""


def required_sample(population: int, method: str = FORMULA) -> int:
    """The respondents needed among `population` recipients of the service in the survey period."""
    if population < 0:
        raise SkmError("bad_population", "Jumlah penerima layanan tidak boleh negatif.", "population")
    if method not in METHODS:
        raise SkmError("unknown_sample_method", f"Cara menghitung sampel “{method}” tidak dikenal.", "method")
    if method == FORMULA or population > TABLE_POPULATIONS[-1]:
        return _formula(population)
    row = TABLE_POPULATIONS[bisect_left(TABLE_POPULATIONS, population)]
    # the next row of a small population can ask for more people than there are
    return min(_formula(row), population)


def _formula(population: int) -> int:
    # X² N P Q / (d² (N - 1) + X² P Q), numerator and denominator times 4000; rounded to the nearest, half up
    above, below = 3841 * population, 10 * (population - 1) + 3841
    return (2 * above + below) // (2 * below)


class Meter(msgspec.Struct, frozen=True):
    """How far a survey has come; where nobody entered the population, nothing is known to be missing."""

    population: int | None
    required: int | None
    collected: int
    method: str

    @property
    def missing(self) -> int | None:
        return None if self.required is None else max(0, self.required - self.collected)

    @property
    def is_reached(self) -> bool | None:
        """None while the population is not known."""
        return None if self.required is None else self.collected >= self.required


def meter(population: int | None, collected: int, method: str = FORMULA) -> Meter:
    """`collected` are the responses that count, without the excluded ones."""
    required = None if population is None else required_sample(population, method)
    return Meter(population, required, collected, method)


DOMINANT_PERCENT = 50
"""More than half: then the one place or hour alone can carry the index over the edge of a band."""

DOMINANCE_FROM = 30
"""Below thirty answers a majority at one place is as often chance as habit."""

FEWEST_ALTERNATIVES = {"counter": 2, "hour": 3}
"""One open counter cannot dominate itself, and an office open for two hours always has a fuller one."""


class Dominance(msgspec.Struct, frozen=True):
    """A warning: one counter or one local hour holds `n` of all `total` answers. It excludes nothing."""

    kind: str
    key: str | int
    n: int
    total: int

    @property
    def percent(self) -> int:
        return (200 * self.n + self.total) // (2 * self.total)


def dominance(by_counter: Mapping[str, int], by_hour: Mapping[int, int]) -> tuple[Dominance, ...]:
    """What dominates; both tables list whatever was open, with 0 where nobody answered."""
    found = (_dominant("counter", [*by_counter.items()]), _dominant("hour", [*by_hour.items()]))
    return tuple(warning for warning in found if warning)


def _dominant(kind: str, counts: Sequence[tuple[str | int, int]]) -> Dominance | None:
    total = sum(n for _, n in counts)
    if total < DOMINANCE_FROM or len(counts) < FEWEST_ALTERNATIVES[kind]:
        return None
    key, n = max(counts, key=lambda entry: entry[1])
    return Dominance(kind, key, n, total) if 100 * n > DOMINANT_PERCENT * total else None
