"""The cast of the tests, the same everywhere.

Ani is the bureau's administrator, Gita its coordinator; Budi is the officer of unit A, Citra of unit B (she must see
nothing of A); Dewi is a citizen with a phone and no account; Eka and Fajar are inspectors.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx
import msgspec
from litestar import Litestar
from litestar.middleware.csrf import generate_csrf_token

from server.accounts import storage as accounts
from server.accounts.access import Role
from server.accounts.passwords import hash_password
from server.accounts.sessions import COOKIE
from server.accounts.tables import Person
from server.database import Database
from server.skm.rules import ELEMENTS
from server.units.codes import new_code
from server.units.tables import Counter, PublicService, Unit

PASSWORD = "kopi-tubruk-pagi"


class Timer(Protocol):
    now: datetime

    def forward(self, **duration: float) -> datetime: ...


class Cast(msgspec.Struct):
    """What stands before a test begins."""

    a: Unit
    """Dinas Kependudukan, with a sub-unit."""
    below_a: Unit
    b: Unit
    """Puskesmas Melati."""
    mall: Unit
    """Mal Pelayanan Publik, in whose hall a counter of A stands."""
    services: dict[str, PublicService]
    counters: dict[str, Counter]
    people: dict[str, Person]

    def code(self, name: str = "a") -> str:
        """The code of a counter: a, below_a, b, a_any (no service of its own), a_hall (in the mall), free (no cost)."""
        return self.counters[name].code


async def make_cast(database: Database, now: datetime) -> Cast:
    def unit(slug: str, name: str, kind: str, parent: Unit | None = None) -> Unit:
        return Unit(
            slug=slug,
            name=name,
            kind=kind,
            parent_id=parent.id if parent else None,
            path="",
            zone="Asia/Jakarta",
            contact="Loket pengaduan, telepon 0812-0000-0000",
            yearly_users=1200,
            created_at=now,
        )

    def service(owner: Unit, slug: str, name: str, *, asks_cost: bool = True) -> PublicService:
        return PublicService(unit_id=owner.id, slug=slug, name=name, asks_cost=asks_cost, created_at=now)

    def person(username: str, role: Role, owner: Unit | None = None) -> Person:
        return Person(
            username=username,
            name=username.capitalize(),
            role=role,
            unit_id=owner.id if owner else None,
            password_hash=_password_hash(),
            created_at=now,
        )

    async with database.writing() as session:
        # many rows at a time: a statement for each would take longer than most tests
        session.add(a := unit("dinas-kependudukan", "Dinas Kependudukan", "dinas"))
        await session.flush()
        below_a = unit("uptd-kependudukan-barat", "UPTD Kependudukan Barat", "uptd", a)
        b = unit("puskesmas-melati", "Puskesmas Melati", "puskesmas")
        mall = unit("mal-pelayanan-publik", "Mal Pelayanan Publik", "mpp")
        session.add_all((below_a, b, mall))
        await session.flush()
        a.path, below_a.path, b.path, mall.path = (
            f"/{a.id}/",
            f"/{a.id}/{below_a.id}/",
            f"/{b.id}/",
            f"/{mall.id}/",
        )
        ktp = service(a, "ktp", "KTP elektronik")
        free = service(a, "akta", "Akta kelahiran", asks_cost=False)
        poli = service(b, "poli-umum", "Poli umum")
        session.add_all((ktp, free, poli))
        await session.flush()
        counters = {
            name: Counter(code=new_code(number), name=f"Loket {number}", created_at=now, **facts)
            for number, (name, facts) in enumerate(
                {
                    "a": {"unit_id": a.id, "service_id": ktp.id},
                    "a_any": {"unit_id": a.id},
                    "a_hall": {"unit_id": a.id, "service_id": ktp.id, "hall_id": mall.id},
                    "free": {"unit_id": a.id, "service_id": free.id},
                    "below_a": {"unit_id": below_a.id},
                    "b": {"unit_id": b.id, "service_id": poli.id},
                }.items(),
                start=7_654_321,
            )
        }
        people = [
            person("ani", Role.ADMINISTRATOR),
            person("gita", Role.COORDINATOR),
            person("budi", Role.OFFICER, a),
            person("citra", Role.OFFICER, b),
            person("eka", Role.INSPECTOR),
            person("fajar", Role.INSPECTOR),
        ]
        session.add_all((*counters.values(), *people))
    return Cast(
        a,
        below_a,
        b,
        mall,
        {"ktp": ktp, "free": free, "poli": poli},
        counters,
        {one.username: one for one in people},
    )


@cache
def _password_hash() -> str:
    return hash_password(PASSWORD)


class Staff:
    """A signed-in browser: follows no redirect, and carries the form token in every post."""

    def __init__(self, browser: httpx.AsyncClient, csrf_token: str) -> None:
        self.browser = browser
        self._csrf_token = csrf_token

    @classmethod
    async def signed_in(
        cls, browser: httpx.AsyncClient, app: Litestar, person: Person, now: datetime
    ) -> "Staff":
        async with app.state.database.writing() as session:
            key = await accounts.open_session(session, person.id, now)
        csrf_token = generate_csrf_token(app.state.settings.secret.decode())
        browser.cookies.set(COOKIE, key)
        browser.cookies.set("loket_csrf", csrf_token)
        browser.headers["Accept"] = "text/html"
        return cls(browser, csrf_token)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.browser.get(path, params=query or None)

    async def post(self, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        return await self.browser.post(path, data={**(form or {}), "_csrf_token": self._csrf_token}, **more)


class Citizen:
    """A phone: opens the page of a counter, takes its time, and answers."""

    def __init__(self, phone: httpx.AsyncClient, clock: Timer) -> None:
        self.phone = phone
        self.clock = clock

    async def open(self, code: str) -> tuple[str, str]:
        """Opens the page behind a QR code; gives the id and the token that came with it."""
        page = await self.phone.get(f"/s/{code}")
        assert page.status_code == 200, page.text
        return hidden_field(page.text, "id"), hidden_field(page.text, "token")

    async def put(self, response_id: object, body: Mapping[str, Any]) -> httpx.Response:
        return await self.phone.put(f"/api/responses/{response_id}", json=body)

    async def answer(self, code: str, answer: int | Mapping[str, int] = 3, **more: Any) -> httpx.Response:
        """Answers as a person does: a fresh page, a minute of thinking, one sheet of answers."""
        response_id, token = await self.open(code)
        self.clock.forward(seconds=60)
        return await self.put(response_id, sheet(code, answer, token=token, **more))


def sheet(code: str, answer: int | Mapping[str, int] = 3, **more: Any) -> dict[str, Any]:
    """The body of a response: the same answer everywhere, or the given ones."""
    answers = answer if isinstance(answer, Mapping) else dict.fromkeys(ELEMENTS, answer)
    return {"counter": code, "answers": dict(answers), **more}


def hidden_field(html: str, name: str) -> str:
    found = re.search(rf'name="?{name}"?[^>]*value="([^"]*)"', html)
    assert found, f"no field named {name}"
    return found[1]


def any_id() -> UUID:
    return uuid4()
