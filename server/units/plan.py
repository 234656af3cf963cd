"""What a table of units, services and counters would create and change, judged against what stands; nothing is stored.

Units are known by their slug, services by their name within the unit, counters by their name within the unit: the
same table twice changes nothing the second time.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from server.units.slugs import slug_of
from server.units.table import COUNTER, SERVICE, UNIT, Entry, Table, Wrong
from server.units.tree import DEEPEST, cycles

NEW_UNIT: dict[str, Any] = {
    "parent": None,
    "address": "",
    "latitude": None,
    "longitude": None,
    "contact": "",
    "opens": "07:30",
    "closes": "16:00",
    "open_days": "12345",
    "yearly_users": None,
}
NEW_SERVICE: dict[str, Any] = {"asks_cost": True, "yearly_users": None}
NEW_COUNTER: dict[str, Any] = {"service": None, "hall": None}
"""What a new thing gets where its row says nothing; a new unit's zone is the city's."""


class Known(msgspec.Struct, frozen=True):
    """A unit, service or counter that stands: its unit's slug, its own key (slug or code), its facts."""

    unit: str
    key: str
    facts: dict[str, Any]
    is_closed: bool = False


class Register(msgspec.Struct, frozen=True):
    """What stands: units by slug, services and counters (without revoked ones) by their unit's slug."""

    units: dict[str, Known]
    services: dict[str, list[Known]]
    counters: dict[str, list[Known]]


class Step(msgspec.Struct, frozen=True):
    """One thing to create, or to change: `facts` is all of a new thing, only what changes of a known one."""

    line: int
    thing: str
    unit: str
    key: str
    """Slug of the unit or service, code of a known counter; '' for a new counter, whose code is drawn later."""
    name: str
    is_new: bool
    facts: dict[str, Any]
    before: dict[str, Any]


class Plan(msgspec.Struct, frozen=True):
    """Steps in an order in which they can be done, or what is wrong, by line."""

    steps: list[Step]
    wrong: list[Wrong]
    unchanged: int

    def seal(self) -> str:
        """Equal for equal plans: that what is carried out is what was shown."""
        return hashlib.sha256(msgspec.json.encode(self.steps)).hexdigest()

    def count(self, thing: str, *, is_new: bool) -> int:
        return sum(step.thing == thing and step.is_new is is_new for step in self.steps)


def plan(table: Table, stands: Register, zone: str) -> Plan:
    """What to do for `table`; `zone` is where a new unit is when its row does not say."""
    planner = _Planner(stands, zone)
    for thing, judge in (
        (UNIT, planner.judge_unit),
        (SERVICE, planner.judge_service),
        (COUNTER, planner.judge_counter),
    ):
        for entry in table.entries:
            if entry.thing == thing:
                planner.judge(entry, judge)
        if thing == UNIT:
            planner.settle_parents()
    wrong = sorted([*table.wrong, *planner.wrong], key=lambda one: one.line)
    return Plan([] if wrong else planner.steps(), wrong, planner.unchanged)


class _Refused(Exception):
    def __init__(self, column: str, detail: str) -> None:
        self.column, self.detail = column, detail


class _Planner:
    """Judges entry by entry against what stands and what the entries before it add."""

    def __init__(self, stands: Register, zone: str) -> None:
        self._units = dict(stands.units)
        self._services = {unit: list(services) for unit, services in stands.services.items()}
        self._counters = stands.counters
        self._zone = zone
        self._lines: dict[tuple[str, str, str], int] = {}
        self._parents: dict[str, tuple[Entry, str]] = {}
        self._steps: list[Step] = []
        self.wrong: list[Wrong] = []
        self.unchanged = 0

    def judge(self, entry: Entry, judge: Callable[[Entry], None]) -> None:
        try:
            judge(entry)
        except _Refused as refused:
            self.wrong.append(Wrong(entry.line, refused.column, refused.detail))

    def judge_unit(self, entry: Entry) -> None:
        self._once(entry, entry.unit, "")
        known = self._units.get(entry.unit)
        _refuse_closed(known, "Unit")
        said = dict(entry.said)
        if (parent := said.pop("parent", None)) is not None:
            self._parents[entry.unit] = (entry, parent)
            # who stands above is found once all units of the file are known
            said["parent"] = parent
        facts = {**(known.facts if known else {**NEW_UNIT, "zone": self._zone}), **said}
        if "parent" in entry.said and entry.said["parent"] is None:
            facts["parent"] = None
        if "kind" not in facts:
            raise _Refused("jenis", "Jenis perlu diisi untuk unit baru.")
        if facts["opens"] >= facts["closes"]:
            raise _Refused("jam_tutup", "Jam tutup harus sesudah jam buka.")
        if (facts["latitude"] is None) != (facts["longitude"] is None):
            lacking = "lintang" if facts["latitude"] is None else "bujur"
            raise _Refused(lacking, "Lintang dan bujur diisi keduanya atau dikosongkan keduanya.")
        self._units[entry.unit] = Known(entry.unit, entry.unit, facts)
        self._add(entry, entry.unit, entry.unit, known, facts)

    def settle_parents(self) -> None:
        """Finds who stands above whom, and refuses units below themselves."""
        for slug, (entry, written) in self._parents.items():
            try:
                self._units[slug].facts["parent"] = self._unit_named(written, "induk").key
            except _Refused as refused:
                self._units[slug].facts["parent"] = None
                self.wrong.append(Wrong(entry.line, refused.column, refused.detail))
        circular = cycles({slug: unit.facts["parent"] for slug, unit in self._units.items()})
        for slug in sorted(circular & self._parents.keys()):
            detail = "Unit ini menjadi bawahan dirinya sendiri; periksa kolom induk."
            self.wrong.append(Wrong(self._parents[slug][0].line, "induk", detail))
        for slug in () if circular else sorted(self._parents):
            if self._depth(slug) >= DEEPEST:
                detail = f"Unit bertingkat paling banyak {DEEPEST}."
                self.wrong.append(Wrong(self._parents[slug][0].line, "induk", detail))
        if not circular:
            self._steps = [step for step in map(self._settled, self._steps) if step.facts]

    def judge_service(self, entry: Entry) -> None:
        unit = self._open_unit(entry)
        name = entry.said["name"]
        known = _find(self._services.get(unit, []), name)
        key = known.key if known else slug_of(name)
        self._once(entry, unit, key)
        _refuse_closed(known, "Layanan")
        facts = {**(known.facts if known else NEW_SERVICE), **entry.said}
        if known is None:
            self._services.setdefault(unit, []).append(Known(unit, key, facts))
        self._add(entry, unit, key, known, facts)

    def judge_counter(self, entry: Entry) -> None:
        unit = self._open_unit(entry)
        name = entry.said["name"]
        self._once(entry, unit, name.casefold())
        alike = [
            known
            for known in self._counters.get(unit, [])
            if known.facts["name"].casefold() == name.casefold()
        ]
        if len(alike) > 1:
            raise _Refused(
                "nama",
                f"Unit ini mempunyai {len(alike)} loket bernama “{name}”; beri nama yang berbeda dahulu.",
            )
        known = alike[0] if alike else None
        said = dict(entry.said)
        if said.get("service") is not None:
            said["service"] = self._open_service(unit, said["service"])
        if said.get("hall") is not None:
            hall = self._unit_named(said["hall"], "lokasi").key
            said["hall"] = None if hall == unit else hall
        facts = {**(known.facts if known else NEW_COUNTER), **said}
        self._add(entry, unit, known.key if known else "", known, facts)

    def steps(self) -> list[Step]:
        """Upper units before lower ones; services and counters follow, as they were judged."""
        return sorted(
            self._steps, key=lambda step: self._depth(step.unit) if step.thing == UNIT else len(self._units)
        )

    def _add(self, entry: Entry, unit: str, key: str, known: Known | None, facts: dict[str, Any]) -> None:
        changed = (
            facts
            if known is None
            else {name: fact for name, fact in facts.items() if fact != known.facts[name]}
        )
        before = {} if known is None else {name: known.facts[name] for name in changed}
        if changed:
            self._steps.append(
                Step(entry.line, entry.thing, unit, key, facts["name"], known is None, changed, before)
            )
        else:
            self.unchanged += 1

    def _settled(self, step: Step) -> Step:
        """The step with its parent as a slug; a parent that was written by name may be no change at all."""
        if "parent" not in step.facts:
            return step
        parent = self._units[step.unit].facts["parent"]
        facts = {**step.facts, "parent": parent}
        if not step.is_new and parent == step.before["parent"]:
            del facts["parent"]
            self.unchanged += not facts
        return msgspec.structs.replace(
            step, facts=facts, before={name: step.before[name] for name in step.before if name in facts}
        )

    def _once(self, entry: Entry, unit: str, key: str) -> None:
        first = self._lines.setdefault((entry.thing, unit, key), entry.line)
        if first != entry.line:
            raise _Refused("nama" if key else "unit", f"Sama dengan baris {first}.")

    def _open_unit(self, entry: Entry) -> str:
        unit = self._unit_named(entry.unit, "unit")
        _refuse_closed(unit, "Unit")
        return unit.key

    def _unit_named(self, written: str, column: str) -> Known:
        """The unit of a slug or a name, among those that stand and those of the file."""
        if written.lower() in self._units:
            return self._units[written.lower()]
        alike = [unit for unit in self._units.values() if unit.facts["name"].casefold() == written.casefold()]
        if not alike:
            raise _Refused(column, f"Unit “{written[:80]}” tidak ada, juga tidak di berkas ini.")
        if len(alike) > 1:
            slugs = ", ".join(sorted(unit.key for unit in alike))
            raise _Refused(
                column, f"Ada {len(alike)} unit bernama “{written[:80]}”; tulis salah satu: {slugs}."
            )
        return alike[0]

    def _open_service(self, unit: str, written: str) -> str:
        found = _find(self._services.get(unit, []), written)
        if found is None:
            raise _Refused("layanan", f"Unit ini tidak mempunyai layanan “{written[:80]}”.")
        _refuse_closed(found, "Layanan")
        return found.key

    def _depth(self, slug: str) -> int:
        depth, above = 0, self._units[slug].facts["parent"]
        while above is not None:
            depth, above = depth + 1, self._units[above].facts["parent"]
        return depth


def _find(services: Iterable[Known], name: str) -> Known | None:
    """The service of this name, or of the slug that this name or slug gives."""
    listed = list(services)
    by_name = (known for known in listed if known.facts["name"].casefold() == name.casefold())
    by_slug = (known for known in listed if known.key == slug_of(name))
    return next(by_name, None) or next(by_slug, None)


def _refuse_closed(known: Known | None, what: str) -> None:
    if known is not None and known.is_closed:
        raise _Refused(
            "unit" if what == "Unit" else "layanan",
            f"{what} ini sudah ditutup. Buka lagi dahulu, lalu impor.",
        )
