"""The OpenAPI document tells of every address there is, and the public ones answer as it says, whatever is sent."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from litestar import Litestar
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server import openapi
from server.accounts.access import ALLOWED, Access, Role
from server.problems import PROBLEMS

DOCUMENT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(openapi.document()))

METHODS = {"get", "put", "post", "patch", "delete"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

ANSWERED_BY_HAND = {
    *("/api/responses/{response_id}", "/api/units/{slug}/index", "/api/skm/compute"),
    *("/api/photos", "/api/photos/{upload}"),
}
"""On the short way, where an address takes any method and refuses the wrong ones itself."""

INSTRUMENT = {"code": "pekppp", "version": "2022"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, facts in item.items():
            yield path, method, facts


def handlers(app: Litestar) -> Iterator[tuple[str, str, Any]]:
    """Every address under /api as a path of the document, with its methods; those on the short way with none."""
    for route in app.routes:
        path = re.sub(r":\w+\}", "}", route.path)
        if not path.startswith("/api/"):
            continue
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:  # type: ignore[union-attr]
            for method in getattr(handler, "http_methods", None) or {""}:
                if method.lower() in METHODS or not method:
                    yield path, method.lower(), handler


def test_it_tells_of_every_address_with_its_methods_and_of_none_besides(app: Litestar) -> None:
    found = {(path, method) for path, method, _ in handlers(app)}
    told = {(path, method) for path, method, _ in operations()}
    on_the_short_way = {path for path, method in found if not method}
    assert on_the_short_way == {*ANSWERED_BY_HAND, "/api/openapi.json"}
    assert {path for path, _ in found} == {path for path, _ in told}
    assert {one for one in found if one[1]} == {one for one in told if one[0] not in on_the_short_way}


def test_it_tells_who_may_use_an_address(app: Litestar) -> None:
    for path, method, handler in handlers(app):
        access = Access(handler.opt["access"])
        for told_method, facts in DOCUMENT["paths"][path].items():
            if method and told_method != method:
                continue
            where = f"{told_method} {path}"
            assert ("security" in facts) == (access is not Access.PUBLIC), where
            unknown = facts["responses"].get("401", {"description": ""})["description"]
            assert ("sign_in" in unknown) == (access is not Access.PUBLIC), where
            if access is not Access.PUBLIC:
                assert set(facts["x-roles"]) == set(ALLOWED[access]), where
                if ALLOWED[access] != set(Role):
                    assert "forbidden" in facts["responses"]["403"]["description"], where


def test_every_operation_has_a_name_of_its_own_a_chapter_and_what_stands_in_its_address() -> None:
    chapters = {tag["name"] for tag in DOCUMENT["tags"]}
    names = [facts["operationId"] for _, _, facts in operations()]
    assert len(names) == len(set(names))
    for path, method, facts in operations():
        placed = [one["name"] for one in facts["parameters"] if one["in"] == "path"]
        assert placed == re.findall(r"\{(\w+)\}", path), f"{method} {path}"
        assert set(facts["tags"]) <= chapters and len(facts["tags"]) == 1


def test_what_it_refers_to_is_there_and_nothing_is_left_over() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    used = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert used == set(schemas)


def test_schemathesis_finds_it_valid() -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.validate()
    assert sum(len(item) for item in schema.values()) == len(list(operations()))


async def test_it_is_served_to_everybody(client: httpx.AsyncClient) -> None:
    answered = await client.get("/api/openapi.json")
    assert answered.json() == DOCUMENT
    assert answered.headers["access-control-allow-origin"] == "*"
    refused = await client.post("/api/openapi.json")
    assert (refused.status_code, refused.json()["code"]) == (405, "wrong_method")


# ── whatever is sent ──


async def for_each(cases: st.SearchStrategy[Any], look: Callable[[Any], Any], most: int) -> None:
    """Looks at so many generated cases, the same in every run; the application answers in this test's own loop."""
    loop = asyncio.get_running_loop()

    @seed(20261122)
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def each(case: Any) -> None:
        asyncio.run_coroutine_threadsafe(look(case), loop).result()

    await asyncio.to_thread(each)


PUBLIC: list[tuple[str, str, dict[str, Any]]] = [
    ("/api/skm/compute", "POST", {}),
    ("/api/inspections/instruments", "GET", {}),
    ("/api/inspections/instruments/{code}/{version}", "GET", {}),
    ("/api/inspections/instruments/{code}/{version}", "GET", INSTRUMENT),
    ("/api/inspections/instruments/{code}/{version}/difference", "GET", INSTRUMENT),
    ("/api/instruments/{code}/{version}/compute", "POST", {}),
    ("/api/instruments/{code}/{version}/compute", "POST", INSTRUMENT),
    ("/api/instruments/{code}/{version}/compute", "POST", {"code": "sampang", "version": "2018"}),
    ("/api/inspections/user-sheets/{sheet_id}", "PUT", {}),
]

RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


@pytest.mark.parametrize(
    ("path", "method", "placed", "mode"),
    # a text in an address is never wrong: only a body can be
    [(*one, mode) for one in PUBLIC for mode in ((RIGHT,) if one[1] == "GET" else (RIGHT, WRONG))],
)
async def test_a_public_address_answers_as_it_says_whatever_is_sent(
    client: httpx.AsyncClient, path: str, method: str, placed: dict[str, Any], mode: GenerationMode
) -> None:
    operation = schemathesis.openapi.from_dict(DOCUMENT)[path][method]

    async def look(case: schemathesis.Case) -> None:
        sent = case.as_transport_kwargs(base_url="http://loket.test")
        request = client.build_request(
            method,
            sent["url"],
            params=sent.get("params"),
            headers={"Content-Type": "application/json"},
            content=_bytes_of(sent),
        )
        case.validate_response(await client.send(request), checks=CHECKS)

    await for_each(operation.as_strategy(mode, path_parameters=placed or None), look, 25)


def _bytes_of(sent: dict[str, Any]) -> bytes | None:
    """The body as ASCII: half a letter stays half a letter until the application reads it."""
    if (raw := sent.get("data")) is not None:
        return raw if isinstance(raw, bytes) else str(raw).encode("utf-8", "surrogatepass")
    return json.dumps(sent["json"]).encode() if "json" in sent else None


async def test_every_refusal_of_the_document_is_one_of_the_catalogue() -> None:
    for path, method, facts in operations():
        for status, answer in facts["responses"].items():
            if "application/problem+json" in answer.get("content", {}):
                codes = re.findall(r"(?:^|; )(\w+): ", answer["description"])
                assert codes, f"{method} {path}"
                assert {PROBLEMS[code].status for code in codes} == {int(status)}, f"{method} {path}"
