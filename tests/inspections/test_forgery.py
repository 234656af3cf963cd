"""What a page of another site may not do in the name of whoever is signed in here."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from server.database import Database
from tests.cast import Cast, Staff, sheet
from tests.inspections.makers import Round
from tests.inspections.score_makers import ALL_SIX
from tests.inspections.test_visits import refusals, refused

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest_asyncio.fixture
async def address(begin: Begin, cast: Cast) -> str:
    visit: UUID = await (await begin()).visit("eka", cast.a, ALL_SIX, state="submitted")
    return f"/api/inspections/visits/{visit}"


@pytest.mark.parametrize(
    "told",
    [
        {"Sec-Fetch-Site": "same-site", "Origin": "https://lain.kota.go.id"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://lain.kota.go.id"},
        {"Origin": "http://loket.test.lain.id"},
        {"Origin": "http://loket.test:8000"},
        {"Origin": "null"},
    ],
)
async def test_a_form_of_another_site_changes_nothing(
    address: str, sign_in: SignIn, database: Database, told: dict[str, str]
) -> None:
    gita = await sign_in("gita")
    for path in ("verification", "submission"):
        refused_ = await gita.browser.post(f"{address}/{path}", headers={**FORM, **told})
        assert refused_.status_code == 403
    refused(await gita.browser.post(f"{address}/verification", headers=told), 403, "stale_form")
    assert (await gita.browser.get(address, headers=told)).json()["state"] == "submitted"
    assert ("gita", f"{address}/verification", "stale_form") in await refusals(database)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://loket.test"},
        {"Sec-Fetch-Site": "none"},
        # behind a proxy that asks us under another name
        {"Origin": "http://loket.test", "Host": "127.0.0.1:8000"},
        {"Origin": "https://nama-lain.test", "Host": "nama-lain.test"},
    ],
)
async def test_our_own_pages_and_programs_are_not_hindered(
    address: str, sign_in: SignIn, told: dict[str, str]
) -> None:
    gita = await sign_in("gita")
    verified = await gita.browser.post(f"{address}/verification", headers=told)
    assert (verified.status_code, verified.json()["state"]) == (200, "verified")


async def test_what_is_public_is_used_from_anywhere(
    cast: Cast, sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    """It changes nothing in anybody's name, also where somebody happens to be signed in."""
    told = {"Sec-Fetch-Site": "cross-site", "Origin": "https://media.id"}
    gita = await sign_in("gita")
    findings = {key: "1" for key in ALL_SIX}
    for browser in (client, gita.browser):
        computed = await browser.post(
            "/api/instruments/sampang/2018/compute", json={"findings": findings}, headers=told
        )
        assert computed.status_code == 200, computed.text
        answered = await browser.put(f"/api/responses/{uuid4()}", json=sheet(cast.code("a")), headers=told)
        assert answered.status_code == 201, answered.text
