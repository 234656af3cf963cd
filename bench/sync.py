"""What phones send and ask, against ceilings measured in the same run: `python -m bench.sync`.

Inspectors push whole visits, pull while nothing has changed, and upload photos. Beside them stand an application
that stores nothing, and one as is usually built: a commit per push, a file with fsync per photo. Machines differ,
ratios stay.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from io import BytesIO
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from PIL import Image
from sqlalchemy import func, insert, select

from bench.intake import answers
from bench.load import Request, Row, measured, measured_beside, peer, posted, tell
from server.accounts import storage as accounts
from server.accounts.access import Role
from server.accounts.sessions import COOKIE
from server.clock import wall_clock
from server.database import Database
from server.inspections.tables import Assignment, Locus
from server.migrations import migrate
from server.sync.tables import LedgerItem
from server.units.codes import new_code
from server.units.tables import Unit
from tests.cast import make_cast
from tests.cluster import postgres_cluster, postgres_programs
from tests.inspections.makers import Round
from tests.server_process import ServerProcess
from tests.sync.phone import PULL, PUSH, Item, Phone
from tests.sync.uploading import BODY, metadata, sha256

CLIENTS = (1, 8)
ITEMS = (1, 10, 100)
PHOTO_BYTES = 300_000
PHONES, VISITS = 8, 20
"""Inspectors back in the office at the end of the day."""

INSPECTORS, UNITS, ROUNDS = 24, 500, 120
"""Each unit is visited once in each round: as many visits as a run can push."""


def main() -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        nothing = stack.enter_context(peer("bench.peer_nothing", folder))
        usual = stack.enter_context(peer("bench.peer_commit", folder))
        url = f"sqlite+aiosqlite:///{folder}/loket.db"
        offices = {"Loket on SQLite": stack.enter_context(_office(folder, url))}
        if postgres_programs():
            url = stack.enter_context(postgres_cluster(is_durable=True))
            other = stack.enter_context(tempfile.TemporaryDirectory())
            offices["Loket on PostgreSQL"] = stack.enter_context(_office(other, url))
        anybody = Field(offices["Loket on SQLite"].facts)

        def compare(
            title: str, of: Callable[[Field], Request], peers: dict[str, tuple[int, Request]]
        ) -> None:
            loads = peers | {name: (office.port, of(office.field)) for name, office in offices.items()}
            # interleaved, so that a machine that slows down slows all of them
            rows = [
                Row(name, clients, measured(port, clients, request))
                for clients in CLIENTS
                for name, (port, request) in loads.items()
            ]
            print(f"{title}\n")
            tell(rows, *peers)

        for items in ITEMS:
            request = anybody.pushes(items, "/push")
            compare(
                f"A push of {items}",
                lambda field, items=items: field.pushes(items),  # type: ignore[misc]
                {"stores nothing": (nothing, request), "commit per push": (usual, request)},
            )
        compare("A pull while nothing is new", Field.pulls, {"stores nothing": (nothing, lambda: _got("/"))})
        request = anybody.photos("/photos")
        compare(
            f"A photo of {PHOTO_BYTES // 1000} KB",
            Field.photos,
            {"stores nothing": (nothing, request), "file with fsync": (usual, request)},
        )
        for name, office in offices.items():
            answer = answers(f"http://127.0.0.1:{office.port}", office.facts.counter)
            alone = measured(office.port, 1, answer)
            beside = measured_beside(office.port, answer, PHONES, office.field.pushes(VISITS))
            print(f"{name}: an answer to the survey while {PHONES} phones push {VISITS} visits each\n")
            tell([Row("alone", 1, alone), Row("beside them", 1, beside)], "alone")
        for office in offices.values():
            asyncio.run(_all_was_accepted(office.url))


# ── offices ──


class Facts(NamedTuple):
    """What there is to do in an office, and the cookies of those who do it."""

    inspectors: dict[str, str]
    round_: Round
    rounds: list[int]
    units: list[str]
    reader: str
    """Of somebody with one visit to make, who only asks."""
    counter: str
    """Where citizens answer meanwhile."""


class Office(NamedTuple):
    url: str
    port: int
    facts: Facts
    field: "Field"


@contextmanager
def _office(folder: str, url: str) -> Iterator[Office]:
    facts = asyncio.run(_furnished(url))
    with ServerProcess(Path(folder), DATABASE_URL=url, LOKET_LIMITS="off") as server:
        with httpx.Client(base_url=server.url, headers={"Cookie": facts.reader}) as reader:
            cursor = reader.get(PULL).raise_for_status().json()["cursor"]
        yield Office(url, server.port, facts, Field(facts, cursor))


async def _furnished(url: str) -> Facts:
    await migrate(url)
    database, now = Database(url), wall_clock()
    day = {"first_day": _day(-30), "last_day": _day(30)}
    cast = await make_cast(database, now)
    rounds = [await Round(database, cast, now).begin(**day) for _ in range(ROUNDS)]
    async with database.writing() as session:
        units = [
            Unit(
                slug=f"unit-{n}", name=f"Unit {n}", kind="dinas", path="", zone="Asia/Jakarta", created_at=now
            )
            for n in range(UNITS)
        ]
        session.add_all(units)
        await session.flush()
        for unit in units:
            unit.path = f"/{unit.id}/"
        people = [
            await accounts.add_person(
                session,
                now,
                username=f"eka{n}",
                name=f"Eka {n}",
                role=Role.INSPECTOR,
                unit_id=None,
                password_hash="",
            )
            for n in range(INSPECTORS)
        ]
        places = [(one.id, unit.id) for one in rounds for unit in units]
        await session.execute(
            insert(Locus),
            [
                {"evaluation_id": of, "unit_id": unit, "code": new_code(9_000_000 + n), "added_at": now}
                for n, (of, unit) in enumerate(places)
            ],
        )
        await session.execute(
            insert(Assignment),
            [
                {
                    "evaluation_id": of,
                    "unit_id": unit,
                    "team": "",
                    "person_id": people[n % INSPECTORS].id,
                    "due_day": _day(20),
                    "created_at": now,
                }
                for n, (of, unit) in enumerate(places)
            ],
        )
        keys = {
            person.username: f"{COOKIE}={await accounts.open_session(session, person.id, now)}"
            for person in (*people, cast.people["eka"])
        }
    await database.close()
    reader = keys.pop("eka")
    return Facts(
        keys, rounds[0], [one.id for one in rounds], [unit.slug for unit in units], reader, cast.code()
    )


def _day(days: int) -> str:
    return (wall_clock() + timedelta(days=days)).date().isoformat()


async def _all_was_accepted(url: str) -> None:
    """Nothing was measured that was refused."""
    database = Database(url)
    async with database.reading() as session:
        counted = select(LedgerItem.status, func.count()).group_by(LedgerItem.status)
        by_status = {status: n for status, n in await session.execute(counted)}
    await database.close()
    assert set(by_status) == {"accepted"}, by_status


# ── phones ──


class _Watch:
    """The clock of a phone that goes right."""

    @property
    def now(self) -> Any:
        return wall_clock()


class Field:
    """The inspectors of an office, who take turns at sending."""

    def __init__(self, facts: Facts, cursor: str = "") -> None:
        self._reader, self._cursor = facts.reader, cursor
        places = [(of, unit) for of in facts.rounds for unit in facts.units]
        self._inspectors = cycle(
            [
                Inspector(username, cookie, facts.round_, cycle(places[n::INSPECTORS]))
                for n, (username, cookie) in enumerate(facts.inspectors.items())
            ]
        )
        self._pictures = _pictures()

    def pushes(self, items: int, path: str = PUSH) -> Request:
        def request() -> bytes:
            inspector = next(self._inspectors)
            body = inspector.phone.packed(list(islice(inspector.visits, items)))
            return posted(path, body, Content_Type="application/json", Cookie=inspector.cookie)

        return request

    def pulls(self) -> Request:
        return lambda: _got(f"{PULL}?cursor={self._cursor}", self._reader)

    def photos(self, path: str = "/api/photos") -> Request:
        def request() -> bytes:
            photo = next(self._pictures)
            said = {"Upload-Length": str(len(photo)), "Upload-Metadata": metadata(sha256=sha256(photo))}
            return posted(path, photo, Cookie=next(self._inspectors).cookie, **BODY, **said)

        return request


class Inspector:
    def __init__(self, username: str, cookie: str, round_: Round, places: Iterator[tuple[int, str]]) -> None:
        self.cookie = cookie
        self.phone = Phone(None, _Watch())  # type: ignore[arg-type]
        body = self.phone.inspection(round_, person=username)
        self.visits: Iterator[Item] = (
            self.phone.freeze({**body, "evaluation": evaluation, "unit": unit}) for evaluation, unit in places
        )


def _got(path: str, cookie: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode()


def _pictures() -> Iterator[bytes]:
    """JPEGs, no two alike: each has another table of quantization, so that each can be decoded."""
    photo = Image.effect_noise((1280, 960), 40).convert("RGB")
    for quality in range(90, 0, -2):
        kept = BytesIO()
        photo.save(kept, "JPEG", quality=quality)
        if len(kept.getvalue()) <= PHOTO_BYTES:
            break
    before, _, after = kept.getvalue().partition(b"\xff\xdb")
    for number in count():
        # length (2), which table (1), and of its 64 numbers the last four, which hardly show
        table = bytes(1 + number // 255**place % 255 for place in range(4))
        yield before + b"\xff\xdb" + after[:63] + table + after[67:]


if __name__ == "__main__":
    main()
