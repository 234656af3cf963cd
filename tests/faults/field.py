"""Inspectors in the field: an office and its server, phones that run the real app, what must be true afterwards."""

import asyncio
import hashlib
import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, Self
from uuid import UUID

import msgspec
from playwright.async_api import BrowserContext, Page
from sqlalchemy import select

from server.accounts import storage as accounts
from server.accounts.access import Role
from server.accounts.tables import Person
from server.clock import wall_clock
from server.database import Database
from server.inspections.scoring import Observed
from server.inspections.tables import (
    Assignment,
    AwaitedEvidence,
    Evidence,
    EvidenceFile,
    Finding,
    Locus,
    Visit,
)
from server.migrations import migrate
from server.sync.tables import LedgerItem
from server.units.codes import new_code
from tests.cast import PASSWORD, Cast, make_cast
from tests.faults.proxy import Fault
from tests.inspections.makers import Round
from tests.server_process import ServerProcess

PATIENCE_S = 30.0
"""How long a phone may take to send everything once the network is good."""

SECRET = "a secret of the offices in these tests, long enough"
"""The same in all of them: what one has signed, another one reads."""


# ── the office ──


class Office:
    """A server process with its own data, its database opened beside it, and the cast."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.file = data / "loket.db"
        url = f"sqlite+aiosqlite:///{self.file}"
        self.server = ServerProcess(
            data, DATABASE_URL=url, LOKET_LIMITS="off", LOKET_SECRET=SECRET, **environment
        )
        self.database = Database(url)
        self._url = url
        self._rounds = 0

    async def __aenter__(self) -> Self:
        await migrate(self._url)
        self.cast: Cast = await make_cast(self.database, wall_clock())
        try:
            await asyncio.to_thread(self.server.start)
        except BaseException:
            await self.database.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.server.stop)
        await self.database.close()

    @property
    def places(self) -> list[Any]:
        return [self.cast.a, self.cast.below_a, self.cast.b, self.cast.mall]

    async def inspector(self, visits: int = 3, address: str = "sampang/2018") -> str:
        """A new inspector who is to visit so many units; gives the username."""
        async with self.database.writing() as session:
            self._rounds += 1
            person = await accounts.add_person(
                session,
                wall_clock(),
                username=f"eka{self._rounds}",
                name=f"Eka {self._rounds}",
                role=Role.INSPECTOR,
                unit_id=None,
                password_hash=self.cast.people["eka"].password_hash,
            )
        await self.assign(person.username, visits, address)
        return person.username

    async def assign(self, username: str, visits: int, address: str = "sampang/2018") -> int:
        """An evaluation of its own in which one person is to visit so many units; gives its number."""
        now = wall_clock()
        round_ = await Round(self.database, self.cast, now).begin(
            address, first_day=_day(now, -30), last_day=_day(now, 30)
        )
        async with self.database.writing() as session:
            person = (await session.scalars(select(Person).where(Person.username == username))).one()
            for number, place in enumerate(self.places[:visits]):
                if await session.get(Locus, (round_.id, place.id)) is None:
                    code = new_code(9_000_000 + 10 * round_.id + number)
                    session.add(Locus(evaluation_id=round_.id, unit_id=place.id, code=code, added_at=now))
                    await session.flush()
                facts = {
                    "evaluation_id": round_.id,
                    "unit_id": place.id,
                    "team": "Uji",
                    "due_day": _day(now, 20),
                }
                session.add(Assignment(person_id=person.id, created_at=now, **facts))
        return round_.id

    async def holds(self, username: str) -> "Held":
        """Everything of one inspector that is here."""
        async with self.database.reading() as session:
            person = (await session.scalars(select(Person).where(Person.username == username))).one()
            visits = list(await session.scalars(select(Visit).where(Visit.person_id == person.id)))
            ids = [visit.id for visit in visits]
            findings = list(await session.scalars(select(Finding).where(Finding.visit_id.in_(ids))))
            pieces = await session.execute(
                select(Evidence, EvidenceFile.stored_sha256)
                .outerjoin(EvidenceFile, EvidenceFile.sha256 == Evidence.sha256)
                .where(Evidence.visit_id.in_(ids), Evidence.removed_at.is_(None))
            )
            awaited = list(
                await session.scalars(select(AwaitedEvidence).where(AwaitedEvidence.visit_id.in_(ids)))
            )
            ledger = list(await session.scalars(select(LedgerItem).where(LedgerItem.person_id == person.id)))
        return Held(visits, findings, [(row, stored) for row, stored in pieces], awaited, ledger)

    def photo(self, sha256: str) -> bytes:
        return (self.data / "evidence" / sha256[:2] / sha256).read_bytes()

    async def verified(self) -> None:
        """`loket verify` finds nothing."""
        verified = await asyncio.to_thread(self.server.command, "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr


class Held(NamedTuple):
    visits: list[Visit]
    findings: list[Finding]
    pieces: list[tuple[Evidence, str | None]]
    awaited: list[AwaitedEvidence]
    ledger: list[LedgerItem]


def _day(now: datetime, days: int) -> str:
    return (now + timedelta(days=days)).date().isoformat()


# ── the phone ──

TOOLS = (Path(__file__).parent / "field.js").read_text("utf-8")
"""A hand of an inspector, for a page of the app; used in other browsers too."""


REMEMBERS_STORES = """
  window.stores = [];
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...all) {
    const asked = open.apply(this, all);
    asked.addEventListener("success", () => window.stores.push(asked.result));
    return asked;
  };
"""
CLOSES_STORES = "void stores.splice(0).forEach((store) => store.close())"
THREE_YEARS_MS = 3 * 365 * 24 * 3600 * 1000


def clock_off_by(milliseconds: int) -> str:
    """A phone whose calendar is wrong; how long things take it still knows."""
    return f"""(() => {{
      const Real = Date, off = {milliseconds};
      window.Date = class extends Real {{
        constructor(...given) {{ given.length ? super(...given) : super(Real.now() + off); }}
        static now() {{ return Real.now() + off; }}
      }};
    }})()"""


class Phone:
    """One tab of the app on one phone, used through what its pages call."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def opened(cls, context: BrowserContext, base: str) -> "Phone":
        page = await context.new_page()
        await page.goto(f"{base}/app/")
        return await cls(page).ready()

    async def ready(self) -> "Phone":
        await self.page.evaluate(f"async () => {{ {TOOLS} }}")
        return self

    async def call(self, what: str, argument: Any = None) -> Any:
        """The value of an expression in which `work`, `field` and `a` are known."""
        return await self.page.evaluate(
            f"(a) => window.field.call(async (work, field) => ({what}))", argument
        )

    async def sign_in(self, username: str, password: str = PASSWORD) -> None:
        await self.call("work.signIn(a[0], a[1])", [username, password])
        await self.call("work.refresh()")

    async def make(self, seed: int, visits: int = 3, photos: int = 4, *, large: bool = True) -> None:
        """Makes and hands in so many visits, each with so many photos."""
        await self.call(
            "field.make(a)",
            {"seed": seed, "visits": visits, "photos": photos, "large": large},
        )

    async def fails(self, fault: Fault) -> None:
        """What a plan says of the phone itself; its page needs REMEMBERS_STORES."""
        if fault.harm == "store":
            await self.page.evaluate(CLOSES_STORES)
        else:
            await self.page.evaluate(clock_off_by(THREE_YEARS_MS if fault.where < 0.5 else -THREE_YEARS_MS))

    async def unsent(self) -> int:
        return int(await self.call("work.unsentCount()"))

    async def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.call("work.items()")
        return found

    async def try_to_send(self) -> None:
        """Taps the button; whatever that says."""
        await self.call("work.sendNow().catch(() => null)")

    async def send_all(self, patience_s: float = PATIENCE_S) -> None:
        """Taps the button until nothing is left; a round that began by itself is waited for, to its last question."""
        deadline = asyncio.get_running_loop().time() + patience_s
        await self.try_to_send()
        while await self.unsent():
            if asyncio.get_running_loop().time() > deadline:
                waiting = [{**item, "body": "…"} for item in await self.items() if item["state"] != "sent"]
                raise AssertionError(f"not sent: {json.dumps(waiting, indent=1)}")
            await asyncio.sleep(0.05)
            await self.try_to_send()


# ── what must be true ──


async def settled(office: Office, username: str, phone: Phone, expected: int) -> None:
    """Phone and server agree: everything once, whole, byte for byte."""
    items = await phone.items()
    assert [item["state"] for item in items] == ["sent"] * expected
    agrees(office, await office.holds(username), items)


def agrees(office: Office, held: Held, items: list[dict[str, Any]]) -> None:
    """The server holds what these frozen records say, and nothing else."""
    bodies = {UUID(item["id"]): json.loads(item["body"]) for item in items}
    assert {visit.id: (visit.state, visit.revision, visit.body_sha256) for visit in held.visits} == {
        UUID(item["id"]): ("submitted", 1, item["body_sha256"]) for item in items
    }
    assert Counter((row.id, row.body_sha256, row.status) for row in held.ledger) == Counter(
        (UUID(item["id"]), item["body_sha256"], "accepted") for item in items
    )
    for item in items:
        assert hashlib.sha256(item["body"].encode()).hexdigest() == item["body_sha256"]
        assert sorted(item["held"]) == sorted(item["photos"])
    assert held.awaited == []
    found = {(row.visit_id, row.indicator): _told(msgspec.json.decode(row.observed)) for row in held.findings}
    assert found == {
        (visit, key): _told(finding)
        for visit, body in bodies.items()
        for key, finding in body["findings"].items()
    }
    pieces = Counter((row.id, row.visit_id, row.indicator, row.sha256, row.caption) for row, _ in held.pieces)
    assert pieces == Counter(
        (UUID(piece["id"]), visit, key, piece.get("sha256"), piece["caption"])
        for visit, body in bodies.items()
        for key, finding in body["findings"].items()
        for piece in finding["evidence"]
    )
    for row, stored in held.pieces:
        # pictures of our own app carry no metadata: they are kept byte for byte
        assert row.sha256 == stored
        assert row.sha256 is not None
        assert hashlib.sha256(office.photo(row.sha256)).hexdigest() == row.sha256


def _told(finding: dict[str, Any]) -> Observed:
    """What a finding says, however its numbers are written."""
    value = finding.get("value")
    return Observed(value=None if value is None else Decimal(str(value)), note=finding.get("note", ""))
