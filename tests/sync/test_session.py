"""The app signs in and out: the same session, throttle and trail as the staff's sign-in page."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.accounts import storage
from server.accounts.sessions import COOKIE
from server.accounts.tables import AuditEvent
from server.database import Database
from tests.cast import PASSWORD, Cast, Staff
from tests.conftest import Clock

SESSION = "/api/session"


async def signing_in(
    client: httpx.AsyncClient, username: str, password: str = PASSWORD, **headers: str
) -> httpx.Response:
    return await client.post(SESSION, json={"username": username, "password": password}, headers=headers)


def refused(answered: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answered.status_code, answered.json()["code"]) == (status, code), answered.text
    return answered.json()  # type: ignore[no-any-return]


async def test_the_right_password_opens_a_session_that_the_whole_house_knows(
    client: httpx.AsyncClient, cast: Cast, database: Database
) -> None:
    answered = await signing_in(client, "  Eka ")
    eka = {"username": "eka", "name": "Eka", "role": "inspector"}
    assert (answered.status_code, answered.json()) == (200, eka)
    cookie = answered.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie
    assert answered.headers["cache-control"] == "no-store"
    assert (await client.get(SESSION)).json() == eka
    assert (await client.get("/api/sync/pull")).status_code == 200
    async with database.reading() as session:
        (told,) = await session.scalars(select(AuditEvent))
    assert (told.act, told.subject, told.actor) == ("signed_in", "person:eka", "eka")


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(
    client: httpx.AsyncClient, cast: Cast
) -> None:
    known = refused(await signing_in(client, "eka", "salah"), 401, "wrong_credentials")
    assert known == refused(await signing_in(client, "siapa", "salah"), 401, "wrong_credentials")
    assert COOKIE not in client.cookies


async def test_too_many_tries_wait_here_as_on_the_page(
    client: httpx.AsyncClient, cast: Cast, database: Database, clock: Clock
) -> None:
    async with database.writing() as session:
        for _ in range(storage.FAILURES_PER_NAME - 1):
            await storage.add_failure(session, "eka", "elsewhere", clock.now)
    refused(await signing_in(client, "eka", "salah"), 401, "wrong_credentials")
    answered = await signing_in(client, "eka")
    told = refused(answered, 429, "too_many_tries")
    assert "15 menit" in told["detail"]
    assert answered.headers["retry-after"] == "900"
    clock.forward(minutes=16)
    assert (await signing_in(client, "eka")).status_code == 200


async def test_without_a_session_there_is_nobody(client: httpx.AsyncClient, cast: Cast) -> None:
    refused(await client.get(SESSION), 401, "sign_in")


async def test_signing_out_ends_the_session(client: httpx.AsyncClient, cast: Cast) -> None:
    await signing_in(client, "eka")
    key = client.cookies[COOKIE]
    assert (await client.delete(SESSION)).status_code == 204
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, key)
    refused(await client.get(SESSION), 401, "sign_in")
    client.cookies.clear()
    assert (await client.delete(SESSION)).status_code == 204


async def test_signing_in_again_ends_the_former_session_of_this_browser(
    client: httpx.AsyncClient, cast: Cast
) -> None:
    await signing_in(client, "eka")
    former = client.cookies[COOKIE]
    await signing_in(client, "fajar")
    assert (await client.get(SESSION)).json()["username"] == "fajar"
    client.cookies.clear()
    client.cookies.set(COOKIE, former)
    refused(await client.get(SESSION), 401, "sign_in")


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://portal.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
async def test_another_site_signs_nobody_in_or_out(
    client: httpx.AsyncClient,
    cast: Cast,
    sign_in: Callable[[str], Awaitable[Staff]],
    headers: dict[str, str],
) -> None:
    refused(await signing_in(client, "eka", **headers), 403, "stale_form")
    assert COOKIE not in client.cookies
    fajar = (await sign_in("fajar")).browser
    refused(await fajar.delete(SESSION, headers=headers), 403, "stale_form")
    assert (await fajar.get(SESSION)).json()["username"] == "fajar"


async def test_its_own_page_signs_in(client: httpx.AsyncClient, cast: Cast) -> None:
    at_home = {"Origin": "http://loket.test", "Sec-Fetch-Site": "same-origin"}
    assert (await signing_in(client, "eka", **at_home)).status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b'{"username": "eka", "password": "x"}', "text/plain", 415, "wrong_content_type"),
        (b"username=eka&password=x", "application/x-www-form-urlencoded", 415, "wrong_content_type"),
        (b"{", "application/json", 400, "unreadable"),
        (b"[]", "application/json", 422, "bad_form"),
        (b'{"username": "\xff", "password": "x"}', "application/json", 400, "unreadable"),
        (b'{"username": "eka"}', "application/json", 422, "bad_form"),
        (b'{"username": "eka", "password": 1}', "application/json", 422, "bad_form"),
        (b'{"username": "eka", "password": "' + b"x" * 5000 + b'"}', "application/json", 413, "too_large"),
        (b'{"username": "e\\u0000ka", "password": "x"}', "application/json", 401, "wrong_credentials"),
    ],
)
async def test_what_is_no_sign_in_is_refused(
    client: httpx.AsyncClient, cast: Cast, body: bytes, content_type: str, status: int, code: str
) -> None:
    refused(await client.post(SESSION, content=body, headers={"Content-Type": content_type}), status, code)
