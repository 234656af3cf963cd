"""Whatever a signed-in program sends to an address of inspections, it gets an answer or a refusal, never a fault.

Addresses come from the OpenAPI document, bodies from its shapes; each part is sometimes right and sometimes what an
attacker or a broken phone would send. Generated, but the same in every run. What is right is answered as the
document says, letter by letter.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID, uuid4

import jsonschema_rs
import msgspec
import pytest
import pytest_asyncio
from hypothesis import strategies as st

from server import openapi
from server.accounts.access import Role
from tests.cast import Cast, Staff
from tests.inspections.makers import TIDAK_ADA, Round
from tests.inspections.score_makers import ALL_SIX
from tests.inspections.test_followups import open_one
from tests.test_openapi import for_each, operations

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

SCHEMAS: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(openapi.document()))["components"][
    "schemas"
]

LONG = "a" * 5000
DEEP: Any = None
for _ in range(400):
    DEEP = [DEEP]

HOSTILE: list[Any] = [
    *(None, True, False, [], {}, "", " ", "\0", "a\0b", "\ud800", "🙂", "\u202e", LONG, DEEP),
    *(0, -1, 2**31, 2**63, 2**64, 10**400, -(10**400), 1.5, 1e308, -1e-300, float("nan"), float("inf")),
    *("0", "-1", "1e999999999", "1e-999999999", "9" * 400, "NaN", "-Infinity", "sNaN", "0.0000001", "１"),
    *("2026-02-30", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *([None], [[]], {"": None}, {"\0": "\0"}, {"\ud800": 1}, ["\0"], {"1": {}}, {LONG: LONG}),
]

RAW = [
    *(b"", b"\xff", b"\xef\xbb\xbf{}", b"nul", b'"\\ud800"', b"1e999999999", b"-", b"{" * 9, b"9" * 100_000),
    *(b"[" * 100_000, b'{"findings":' * 50_000, b'{"reason":"\\u0000"}', b'{"a":1,"a":2}'),
]
"""Bodies that are no JSON, or hardly."""

IN_ADDRESSES = [
    *(
        "0",
        "-1",
        "1.0",
        "1e3",
        "9" * 9,
        "9" * 40,
        "２",
        "\0",
        "a\0",
        "..",
        ".",
        "%",
        "%00",
        "é",
        "🙂",
        "'",
        '"',
    ),
    *(LONG, "00000000-0000-0000-0000-000000000000", "{" + str(uuid4()) + "}", "null", "1 OR 1=1", "\\", "\n"),
]


RIGHT: dict[str, list[Any]] = {
    "title": ["Penilaian 2026"],
    "instrument": ["sampang/2018"],
    "first_day": ["2026-01-01"],
    "last_day": ["2026-12-31"],
    "due_day": ["2026-12-01", "2027-01-31"],
    "reason": ["Alasan yang cukup panjang untuk dibaca."],
    "note": ["Catatan yang cukup panjang untuk dibaca.", ""],
    "text": ["Papannya sudah ada di pintu samping."],
    "unit": ["dinas-kependudukan", "puskesmas-melati"],
    "units": [["uptd-kependudukan-barat"]],
    "person": ["eka", "fajar"],
    "team": ["Inspektorat", ""],
    "service": [None],
    "value": [1, 0, "1", "0.0", None],
    "items": [None],
    "done": [None],
    "planned": [None],
    "months": [None],
    "target": ["1", "0.5"],
    "convention": ["exact", None],
    "evaluation": [1],
    "made_at": ["2026-11-20T02:00:00Z"],
    "observed_at": ["2026-11-20T02:00:00Z"],
    "captured_at": ["2026-11-20T09:00:00+07:00", None],
    "latitude": [-7.2],
    "longitude": [113.2],
    "kind": ["observation"],
    "sha256": [None],
    "caption": ["Terlihat jelas dari pintu."],
    "reasons": [{"1": "Fotonya buram."}, {"5": "Belum ada foto."}],
    "version": ["2018-kota", "2018-kota-2"],
    "weights": [{"1": "2"}, {}],
    "findings": [{"1": {"observed_at": "2026-11-20T02:00:00Z", "value": 1}}],
}
"""What the rooms take, by the name of the property; what is not here follows from its shape."""


@st.composite
def body_like(draw: st.DrawFn, schema: Mapping[str, Any], name: str = "") -> Any:
    """A value of this shape, right in most of its parts."""
    if draw(st.integers(0, 14)) == 0:
        return draw(st.sampled_from(HOSTILE))
    if name in RIGHT and draw(st.integers(0, 4)):
        return draw(st.sampled_from(RIGHT[name]))
    if "$ref" in schema:
        return draw(body_like(SCHEMAS[schema["$ref"].rpartition("/")[2]], name))
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if "anyOf" in schema:
        return draw(body_like(draw(st.sampled_from(schema["anyOf"])), name))
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else draw(st.sampled_from(kinds))
    if kind == "object" and "properties" in schema:
        return {
            one: draw(body_like(part, one))
            for one, part in schema["properties"].items()
            if one in schema.get("required", []) or draw(st.booleans())
        }
    if kind == "object":
        keys = draw(st.lists(st.sampled_from(["1", "5", "\0", "x"]), max_size=3))
        return {key: draw(body_like(schema.get("additionalProperties") or {})) for key in keys}
    if kind == "array":
        return draw(st.lists(body_like(schema.get("items", {})), max_size=2))
    return draw(st.sampled_from(OF_KIND[schema.get("format", kind)]))


OF_KIND: dict[str, list[Any]] = {
    "integer": [1, 0, 3, 7],
    "number": [1, 2.5, -6.2],
    "boolean": [True, False],
    "null": [None],
    "string": ["dinas-kependudukan", "Kata-kata yang cukup panjang.", "1", "2026-12-01"],
    "date": ["2026-12-01", "2026-01-01"],
    "date-time": ["2026-11-20T02:00:00Z", "2026-11-20T09:00:00+07:00"],
    "uuid": [str(UUID(int=number)) for number in range(1, 4)],
    "decimal": ["1", "0.5", "50"],
}


class Sent(NamedTuple):
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    content: bytes | None


@st.composite
def sent_by(draw: st.DrawFn, role: Role, known: Mapping[str, list[str]]) -> Sent:
    """A request of this role to an address of inspections."""
    path, method, facts = draw(st.sampled_from([one for one in OPERATIONS if role in one[2]["x-roles"]]))
    placed, asked = {}, {}
    for one in facts["parameters"]:
        likely = known.get(one["name"]) or one["schema"].get("enum", ["1"])
        is_hostile = draw(st.integers(0, 9)) == 0
        value = draw(st.sampled_from(IN_ADDRESSES if is_hostile else likely))
        if one["in"] == "path":
            # a dot segment would be another address
            placed[one["name"]] = quote(value, safe="").replace(".", "%2E")
        elif draw(st.booleans()):
            asked[one["name"]] = value
    return Sent(method, path.format_map(placed), asked, draw(_content(facts)))


@st.composite
def _content(draw: st.DrawFn, facts: Mapping[str, Any]) -> bytes | None:
    bodies = facts.get("requestBody", {}).get("content", {})
    if "application/json" not in bodies:
        return draw(st.binary(max_size=99)) if bodies else None
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(RAW))
    return json.dumps(draw(body_like(bodies["application/json"]["schema"]))).encode()


OPERATIONS = [one for one in operations() if "/inspections/" in one[0] and "x-roles" in one[2]]


@pytest_asyncio.fixture
async def known(begin: Begin, cast: Cast, sign_in: SignIn) -> dict[str, list[str]]:
    """What stands in addresses when they are right: a round with something in every room."""
    users = await begin("pekppp/2022")
    evaluations = [str(users.id)]
    visits = [await users.visit("eka", cast.a, state="draft")]
    round_ = await begin("sampang/2018")
    evaluations.append(str(round_.id))
    draft = await round_.visit("eka", cast.a, {"1": TIDAK_ADA}, state="draft")
    handed_in = await round_.visit("fajar", cast.a, ALL_SIX, state="submitted")
    verified = await round_.visit("fajar", cast.b, {**ALL_SIX, "5": TIDAK_ADA})
    visits += [draft, handed_in, verified]
    follow_up = await open_one(round_, cast.b, verified, "5")
    citra, reply = await sign_in("citra"), uuid4()
    answered = await citra.browser.put(
        f"/api/inspections/visits/{verified}/findings/5/replies/{reply}",
        json={"text": "Papannya sudah ada di pintu samping."},
    )
    assert answered.status_code == 201, answered.text
    return {
        "code": ["sampang", "pekppp"],
        "version": ["2018", "2022", "latest"],
        "evaluation_id": evaluations,
        "evaluation": evaluations,
        "assignment_id": ["1", "2", "3"],
        "slug": [cast.a.slug, cast.b.slug],
        "unit": [cast.a.slug, cast.b.slug],
        "visit": [str(one) for one in visits],
        "visit_id": [str(one) for one in visits],
        "indicator": ["1", "5"],
        "reply_id": [str(reply), str(uuid4())],
        "number": [str(follow_up)],
        "person": ["eka", "fajar"],
        "sheet_id": [str(uuid4())],
        "piece": [str(uuid4())],
        "sha256": ["0" * 64],
    }


@pytest.mark.parametrize(
    ("name", "role"), [("ani", Role.ADMINISTRATOR), ("eka", Role.INSPECTOR), ("citra", Role.OFFICER)]
)
async def test_nothing_that_is_sent_makes_the_application_fail(
    sign_in: SignIn, known: dict[str, list[str]], name: str, role: Role
) -> None:
    who = await sign_in(name)

    async def look(sent: Sent) -> None:
        answered = await who.browser.request(
            sent.method,
            sent.path,
            params=sent.query,
            content=sent.content,
            headers={"Content-Type": "application/json"},
        )
        assert answered.status_code < 500, f"{sent}: {answered.text}"

    await for_each(sent_by(role, known), look, 400)


@pytest.mark.parametrize("name", ["gita", "eka", "citra"])
async def test_what_is_answered_is_in_the_document_and_nothing_else(
    sign_in: SignIn, known: dict[str, list[str]], name: str
) -> None:
    who, looked_at = await sign_in(name), set()
    for path, method, facts in operations():
        if method != "get" or "/inspections/" not in path:
            continue
        for number in range(4):
            placed = {one: values[number % len(values)] for one, values in known.items()}
            answered = await who.browser.get(path.format_map(placed))
            told = facts["responses"].get(str(answered.status_code))
            assert told, f"{path}: {answered.status_code}"
            if answered.headers["content-type"] == "application/json":
                shape = told["content"]["application/json"]["schema"]
                held_against = {**shape, "components": {"schemas": CLOSED}}
                jsonschema_rs.Draft202012Validator(held_against, validate_formats=True).validate(
                    answered.json()
                )
                looked_at.add(path)
    assert len(looked_at) > 10


def closed(schema: Any) -> Any:
    """The same shape, with nothing in its objects that it does not name."""
    match schema:
        case dict():
            inner = {name: closed(one) for name, one in schema.items()}
            is_open = "properties" in schema and "additionalProperties" not in schema
            return {**inner, "additionalProperties": False} if is_open else inner
        case list():
            return [closed(one) for one in schema]
        case _:
            return schema


CLOSED = closed(SCHEMAS)
