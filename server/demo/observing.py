"""What the demo's inspectors find, what its units say of themselves, and how their users tick the users' form.

A unit is as good as its seed makes it; standards and publications are strong nearly everywhere, toilets and what
vulnerable users need are weak. The same visit always finds the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

import msgspec

from server.inspections.instrument import (
    Count,
    Indicator,
    Instrument,
    Level,
    Months,
    Percent,
    PercentStep,
    Points,
    Presence,
    UserForm,
)


class Look(NamedTuple):
    """One visit: who looks at what, and in what this team disagrees with whoever was there before."""

    round: str
    unit: str
    person: str
    form: str = "F-02"
    service: str | None = None
    differs: frozenset[str] = frozenset()
    """Indicators at which this visit says there is not what others say there is."""
    inapplicable: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        return f"{self.round}/{self.unit}/{self.service or ''}/{self.form}/{self.person}"


class Seen(msgspec.Struct, frozen=True):
    """What is found at one indicator: its level, and how the indicator's rule wants it told."""

    level: int
    told: dict[str, object]
    """The fields of a finding as it is sent."""


_LEANING: Mapping[str, Mapping[str, float]] = {
    "pekppp": {
        **dict.fromkeys(("1", "2", "3", "5", "10"), 0.17),
        **dict.fromkeys(("4", "6", "14", "20", "25", "26"), 0.08),
        **dict.fromkeys(("8", "9", "13", "24", "29", "30"), -0.1),
        **{"15": -0.12, "17": -0.32, "18": -0.38, "22": -0.15, "23": -0.12},
    },
    "ombudsman": {
        **{"4.1": -0.1, "5.1": -0.45, "5.2": -0.3, "6.2": -0.15, "7.1": -0.2, "1.5": -0.1, "8.2": -0.1},
    },
    "sampang": {"4": -0.08, "5": -0.08, "6": -0.2},
}
"""How much better or worse than a unit as a whole an indicator is, from -1 to 1."""

_NOTES = {
    "15": (
        "Lahan sempit; kendaraan roda dua dan roda empat bercampur.",
        "Belum ada petugas dan atap parkir.",
    ),
    "16": ("Kursi kurang pada jam ramai.", "Belum ada tempat charger dan sudut baca."),
    "17": ("Satu dari tiga toilet rusak, sabun habis.", "Toilet pengguna bercampur dengan toilet pegawai."),
    "18": ("Belum ada jalur landai dan jalur pemandu.", "Kursi roda ada, tetapi disimpan di gudang."),
    "22": ("Laman tidak memuat standar pelayanan.", "Kanal digital tidak menjawab lebih dari dua hari."),
    "4.1": ("Toilet terkunci saat dikunjungi.",),
    "5.1": ("Belum ada ram dan pegangan di pintu masuk.",),
    "5.2": ("Belum ada loket khusus bagi pengguna berkebutuhan khusus.",),
    "7.1": ("Tidak tampak sarana pengukuran kepuasan.",),
}
_WEAK_NOTE = "Belum memenuhi; keadaan saat kunjungan seperti pada bukti."
_LEVEL_NOTE = "Nomor antrean dipanggil dengan pengeras suara dan layar."


def quality_of(seed: int, unit: str) -> float:
    """How good a unit is, from 0 to 1."""
    return min(0.8, max(0.55, Random(f"{seed}/{unit}/quality").gauss(0.7, 0.09)))  # noqa: S311


def seen(seed: int, instrument: Instrument, look: Look) -> Iterator[tuple[Indicator, Seen]]:
    """What a visit finds at every indicator, in the order of the form."""
    # visitors of the same place see the same
    random = Random(f"{seed}/{look.round}/{look.unit}/{look.service}")  # noqa: S311
    own_view = Random(f"{seed}/{look.key}")  # noqa: S311
    quality = quality_of(seed, look.unit)
    for _, indicator in instrument.indicators:
        lean = _LEANING.get(instrument.code, {}).get(indicator.key, 0.0)
        level = _level(instrument, indicator, quality + lean, random)
        # who looks at their own work is kinder
        if look.form == "F-01" and own_view.random() < 0.45:
            level = min(int(instrument.scale.highest), level + 1)
        if indicator.key in look.inapplicable:
            yield (
                indicator,
                Seen(0, {"not_applicable": True, "note": "Tidak ada pengaduan tatap muka di sini."}),
            )
        else:
            if indicator.key in look.differs:
                level = 0
            yield (
                indicator,
                Seen(level, {**_told(indicator, level), "note": _note(indicator, level, own_view)}),
            )


def _level(instrument: Instrument, indicator: Indicator, goodness: float, random: Random) -> int:
    highest = int(instrument.scale.highest)
    if isinstance(indicator.scoring, Presence):
        return int(random.random() < min(0.97, goodness + 0.26))
    return min(highest, max(0, round(highest * (goodness + random.gauss(0, 0.11)))))


def _told(indicator: Indicator, level: int) -> dict[str, object]:
    """A level as the indicator's rule makes it: which items are there, how much of the plan is done, how soon."""
    match indicator.scoring:
        case Count(items=items, least=least, required=required):
            if level == 0:
                return {"items": ()}
            return {"items": tuple(item.key for item in (*required, *items[: least[level]]))}
        case Percent(steps=steps):
            return {"planned": 100, "done": _done(steps, level)} if level else {"planned": 0, "done": 0}
        case Months(within=within):
            return {"months": within.get(level, max(within.values()) + 3)}
        case Points():
            return {"value": str(level)}
        case _:
            return {"value": level}


def _done(steps: Sequence[PercentStep], level: int) -> int:
    """So many of a hundred that exactly this level is reached."""
    step = next(step for step in steps if step.level == level)
    return int(step.at_least) if step.at_least is not None else int(step.above or 0) + 1


def _note(indicator: Indicator, level: int, random: Random) -> str:
    if isinstance(indicator.scoring, Level):
        return _LEVEL_NOTE
    is_weak = level == 0 if isinstance(indicator.scoring, Presence) else level <= 2
    return random.choice(_NOTES.get(indicator.key, (_WEAK_NOTE,))) if is_weak else ""


def ticked(seed: int, form: UserForm, unit: str, number: int) -> dict[str, int | None]:
    """How one user ticks the statements; here and there one is left out."""
    random = Random(f"{seed}/{unit}/user/{number}")  # noqa: S311
    mood = random.gauss(0, 0.5) + 1.2 * quality_of(seed, unit) + 3.0
    return {
        question.key: None if random.random() < 0.03 else min(5, max(0, round(random.gauss(mood, 0.7))))
        for question in form.questions
    }
