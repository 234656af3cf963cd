"""Rules that hold for the whole program: every route guarded, every setting and refusal told to people."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from server.accounts.access import ALLOWED, Access, Role
from server.accounts.sessions import enforce
from server.asgi import Asked
from server.problems import PROBLEMS
from tests.cast import Cast, Citizen, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round

ROOT = Path(__file__).parent.parent
PEOPLE = {"ani": Role.ADMINISTRATOR, "gita": Role.COORDINATOR, "budi": Role.OFFICER, "eka": Role.INSPECTOR}


def handlers(app: Litestar) -> Iterator[tuple[str, str, Any]]:
    """Every route of the application: path, method, handler. Those on the short way take several methods."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:  # type: ignore[union-attr]
            methods = getattr(handler, "http_methods", None) or {"GET", "POST", "PUT"}
            for method in sorted(methods - {"HEAD", "OPTIONS"}):
                yield route.path, method, handler


def test_every_route_names_who_may_use_it(app: Litestar) -> None:
    found = list(handlers(app))
    assert len(found) > 20
    for path, method, handler in found:
        assert "access" in handler.opt, f"{method} {path} names no access"
        assert Access(handler.opt["access"]) in Access
        assert enforce in handler.resolve_guards(), f"{method} {path} has no guard"


async def test_which_methods_an_address_takes_may_be_asked_by_everybody(client: httpx.AsyncClient) -> None:
    answered = await client.options("/staff/units")
    assert (answered.status_code, answered.content) == (204, b"")
    assert "GET" in answered.headers["allow"]


async def test_a_strangers_form_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    read = 0

    async def form() -> AsyncIterator[bytes]:
        nonlocal read
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(50):
            read += 1
            yield b"a" * 100_000
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    refused = await client.post("/staff/phones/import", content=form(), headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in")
    assert read <= 1


def test_only_what_is_meant_for_everybody_is_public(app: Litestar) -> None:
    public = {path for path, _, handler in handlers(app) if handler.opt["access"] == Access.PUBLIC}
    assert not {path for path in public if path.startswith("/staff")} - {"/staff/login", "/staff/logout"}


async def test_every_route_refuses_every_role_that_may_not(
    app: Litestar, cast: Cast, client: httpx.AsyncClient, sign_in: Callable[[str], Any]
) -> None:
    staff: dict[str, Staff] = {name: await sign_in(name) for name in PEOPLE}
    for path, method, handler in handlers(app):
        access = Access(handler.opt["access"])
        if access is Access.PUBLIC or path == "/staff/logout":
            continue
        address = re.sub(r"\{[^}]*\}", "1", path)
        anonymous = await client.request(method, address, headers={"Accept": "application/json"})
        # a post without its form token is refused before anybody asks who it is
        assert anonymous.status_code in (401, 403), f"{method} {path} for a stranger"
        for name, role in PEOPLE.items():
            browser = staff[name]
            answered = await (
                browser.post(address) if method == "POST" else browser.browser.request(method, address)
            )
            if role in ALLOWED[access]:
                assert answered.status_code != 401, f"{method} {path} for {name}"
            else:
                assert answered.status_code == 403, f"{method} {path} for {name}"


async def test_citra_finds_nothing_of_unit_a_on_any_page(
    app: Litestar, cast: Cast, dewi: Citizen, sign_in: Callable[[str], Any], clock: Clock
) -> None:
    """Citra is the officer of unit B. Whatever she opens behind the sign-in, unit A is not in it."""
    round_ = await Round(app.state.database, cast, clock.now).begin("pekppp/2022")
    visit = await round_.visit("eka", cast.a)
    await round_.visit("fajar", cast.b)
    await dewi.answer(cast.code("a"), 2, comment="Antrean unit A panjang sekali.")
    await dewi.answer(cast.code("b"), 4, comment="Unit B ramah.")
    citra: Staff = await sign_in("citra")
    values = {
        "slug": cast.a.slug,
        "code": cast.code("a"),
        "service": "ktp",
        "service_slug": "ktp",
        "username": "budi",
        "evaluation": str(round_.id),
        "evaluation_id": str(round_.id),
        "visit": str(visit),
        "visit_id": str(visit),
        "indicator": "15",
        "part": "c",
        "version": "2022",
    }
    opened = 0
    for path, method, _ in handlers(app):
        if method != "GET" or not path.startswith(("/staff", "/api/inspections")):
            continue
        address = re.sub(r"\{(\w+)[^}]*\}", lambda found: values.get(found[1], "1"), path)
        address = address.replace("/instruments/" + cast.code("a"), "/instruments/pekppp")
        for query in (
            {},
            {"unit": cast.a.slug},
            {"unit": str(cast.a.id)},
            {"counter": cast.code("a")},
            {"evaluation": str(round_.id)},
        ):
            answered = await citra.get(address, **query)
            assert answered.status_code < 500, f"{address} {query}"
            if answered.status_code == 200:
                opened += 1
                text = answered.text.replace(cast.a.slug, "") if query else answered.text
                assert "Dinas Kependudukan" not in text, f"{address} {query}"
                assert "Antrean unit A" not in text, f"{address} {query}"
    assert opened > 20


@pytest.mark.pure
def test_every_refusal_says_in_indonesian_what_to_do() -> None:
    for code, kind in PROBLEMS.items():
        assert 400 <= kind.status < 600, code
        assert kind.detail.endswith((".", "}")), code
        assert len(kind.title) >= 5, code


@pytest.mark.pure
def test_every_refusal_of_the_catalogue_is_raised_somewhere() -> None:
    source = "\n".join(
        file.read_text() for file in (ROOT / "server").rglob("*.py") if file.name != "problems.py"
    )
    unused = {code for code in PROBLEMS if f'"{code}"' not in source}
    assert unused == set()


@pytest.mark.pure
def test_every_setting_is_in_the_readme() -> None:
    source = "\n".join(file.read_text() for file in (ROOT / "server").rglob("*.py"))
    settings = set(re.findall(r'"((?:LOKET|DATABASE|PHOTOS)_[A-Z_]+)"', source))
    readme = (ROOT / "README.md").read_text()
    assert settings
    assert {name for name in settings if f"`{name}`" not in readme} == set()


@pytest.mark.pure
def test_every_command_is_in_the_readme() -> None:
    from server.__main__ import main

    readme = (ROOT / "README.md").read_text()
    assert {name for name in main.commands if f"loket {name}" not in readme} == set()


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.9"), (1, "192.0.2.7"), (2, "203.0.113.5")])
@pytest.mark.pure
def test_an_address_is_believed_only_from_as_many_proxies_as_are_named(proxies: int, address: str) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path_params": {},
        "litestar_app": type("App", (), {"state": None}),
        "client": ("10.0.0.9", 1),
        "headers": [(b"x-forwarded-for", b"203.0.113.5, 192.0.2.7")],
    }
    assert Asked(scope, None).address(proxies) == address  # type: ignore[arg-type]


async def test_an_operator_sees_that_it_lives_and_how_much_it_stores(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}
    before = (await client.get("/metrics")).text
    await dewi.answer(cast.code())
    after = (await client.get("/metrics")).text
    name = 'loket_responses_total{outcome="new"} '
    counted = [float(text.split(name)[1].split("\n")[0]) if name in text else 0 for text in (before, after)]
    assert counted[1] == counted[0] + 1
