"""Who may import whom: the table is the documentation, and this test fails the build.

Rooms stand on floors; a room uses the floors below it and, on its own floor, nobody. Inside a room the pure modules
know neither database, network, files, clock nor chance; only tables, storage and a few named others name SQLAlchemy.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure

SERVER = Path(__file__).parent.parent / "server"

FLOORS = [
    {"skm"},  # the law: pure, for everybody
    {
        "settings",
        "clock",
        "database",
        "problems",
        "bodies",
        "texts",
        "uuid7",
        "csvfiles",
        "asgi",
        "watching",
        "signing",
    },
    # who may do what, where, and how pages are shown
    {"accounts", "units", "pages", "forms", "phones", "app_shell"},
    {"surveys", "inspections", "sync"},  # the slices; complaints will stand beside them
    {"migrations", "openapi"},  # know the tables and the wire of all
    {"scorecards", "demo"},
    {"app", "cli"},
    {"__main__"},
]

NEIGHBOURS = [
    {"surveys", "inspections", "complaints"},
    {"sync", "surveys"},
    {"sync", "inspections"},
    {"scorecards", "surveys"},
    {"scorecards", "inspections"},
]
"""Rooms that know nothing of each other: `app.py` hands them what they need."""

WITH_SQL = {
    "database",
    "watching",
    "app",
    "migrations",
    "accounts.scope",
    "accounts.audit",
    "surveys.devices",
}
"""Besides every `tables` and `storage`: those that name SQLAlchemy, and why is in their docstring."""

NEVER_IN_PURE = {
    *("asyncio", "os", "pathlib", "random", "secrets", "socket", "sqlite3", "time", "urllib", "subprocess"),
    *("sqlalchemy", "litestar", "asyncpg", "httpx", "typst"),
}

PURE = {
    "units": {"attention", "codes", "facts", "plan", "quarters", "slugs", "table", "tree", "words"},
    "surveys": {"tally", "token", "wire"},
    "inspections": {
        *("instrument", "scoring", "ipp", "rollup", "result", "visit", "decide"),
        *("check", "positions", "difference", "own_version", "compute"),
        *("shape", "replies.window", "followups.rate", "users.sheet"),
        *("followups.progress", "evidence.wire", "desk.instrument_words"),
        *("desk.value_words", "desk.unit_facts", "desk.score_sheet", "desk.evaluation_table"),
        *("scores.gather", "scores.ready", "scores.told", "scores.wire"),
        *("visits.entered", "visits.phone_wire", "desk.clock_words"),
        *("evidence.metadata", "signals.signs", "signals.told"),
    },
    "scorecards": {"charts", "evaluated", "period", "search", "ranking", "reference"},
    "sync": {"desk.readable", "envelope", "uploads.tus", "wire"},
}
"""Pure modules of a room, besides the whole of `skm`."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module by its name below `server`, parsed."""
    for file in sorted(SERVER.rglob("*.py")):
        name = ".".join(file.relative_to(SERVER).with_suffix("").parts).removesuffix(".__init__")
        if name != "__init__" and not name.startswith("migrations.versions"):
            yield name, ast.parse(file.read_text("utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    """What a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module or ""
            # `from server import pages` names a room; `from server.surveys import index` a module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str:
    return name.removeprefix("server.").split(".")[0]


def floor_of(room: str) -> int:
    found = [floor for floor, rooms in enumerate(FLOORS) if room in rooms]
    assert found, f"{room} stands on no floor: add it to the table"
    return found[0]


def faults(name: str, tree: ast.Module) -> Iterator[str]:
    """What a module imports although it may not."""
    room = room_of(name)
    is_pure = room == "skm" or name.partition(".")[2] in PURE.get(room, set())
    rooms = set().union(*FLOORS)
    for imported in imports(tree):
        top = imported.split(".")[0]
        if top == "server" and (other := room_of(imported)) in rooms and other != room:
            if floor_of(other) > floor_of(room):
                yield f"{name} imports {imported} from a higher floor"
            if any({room, other} <= apart for apart in NEIGHBOURS):
                yield f"{name} imports {imported}: slices know nothing of each other"
        if top == "sqlalchemy" and not _may_name_sql(name) and imported not in _SESSION:
            yield f"{name} names SQLAlchemy ({imported})"
        if is_pure and top in NEVER_IN_PURE:
            yield f"{name} is pure and imports {imported}"


_SESSION = {"sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.AsyncSession"}
"""A session is handed through: naming its type asks no question."""


def _may_name_sql(name: str) -> bool:
    if name.split(".")[-1] in {"tables", "storage"}:
        return True
    return any(name == allowed or name.startswith(allowed + ".") for allowed in WITH_SQL)


def test_every_module_imports_only_what_its_floor_allows() -> None:
    found = [fault for name, tree in modules() for fault in faults(name, tree)]
    assert found == []


def test_no_file_is_a_drawer() -> None:
    drawers = {"service", "services", "utils", "helpers", "common", "base", "manager", "misc"}
    assert {file.name for file in SERVER.rglob("*.py") if file.stem in drawers} == set()


def test_every_module_says_what_it_is() -> None:
    assert [name for name, tree in modules() if not ast.get_docstring(tree)] == []


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("scorecards.routes", "from server.surveys import reader", "slices know nothing of each other"),
        ("surveys.routes", "from server.scorecards import routes", "from a higher floor"),
        ("accounts.routes", "from server.surveys.reader import Reader", "from a higher floor"),
        ("skm.index", "import time", "is pure and imports time"),
        ("skm.index", "from server.surveys import storage", "from a higher floor"),
        ("surveys.routes", "from sqlalchemy import select", "names SQLAlchemy"),
        ("units.codes", "import secrets", "is pure and imports secrets"),
    ],
)
def test_a_planted_fault_is_named(name: str, source: str, fault: str) -> None:
    assert any(fault in found for found in faults(name, ast.parse(source)))
