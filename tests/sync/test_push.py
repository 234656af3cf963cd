"""A push: every item judged alone, kept, and answered with a receipt that names it; a repeat changes nothing."""

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from server import phones
from server.accounts import audit
from server.accounts.tables import AuditEvent
from server.database import Database
from server.settings import Settings
from server.sync.push import TOGETHER
from server.sync.tables import Device, LedgerItem
from server.sync.wire import ITEMS_MOST, PUSH_MOST_BYTES
from server.units.tables import Unit
from tests.cast import Cast
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.statements import statements
from tests.sync.conftest import PagesLeft
from tests.sync.phone import PUSH, Phone
from tests.sync.room import Room

PhoneOf = Callable[[str], Awaitable[Phone]]
Begin = Callable[..., Awaitable[Round]]


def note(phone: Phone, said: str = "toilet bersih", **facts: Any) -> Any:
    """An item for the room of the tests; facts of the body in the room's words."""
    return phone.freeze({"text": said, **facts}, kind="note")


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [one["status"] for one in results]


def refused(answered: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answered.status_code, answered.json()["code"]) == (status, code), answered.text
    return answered.json()  # type: ignore[no-any-return]


async def ledger(database: Database) -> list[LedgerItem]:
    async with database.reading() as session:
        rows = await session.scalars(select(LedgerItem).order_by(LedgerItem.received_at, LedgerItem.seq))
        return list(rows)


async def count(database: Database, *tables: Any) -> list[int]:
    async with database.reading() as session:
        return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


async def acts(database: Database) -> list[tuple[str, str]]:
    """What the audit trail says was done, and to what; its seals hold."""
    async with database.reading() as session:
        assert await audit.broken_seals(session) == []
        events = await session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(one.act, one.subject) for one in events]


# ── what becomes of an item ──


async def test_what_is_stored_is_answered_with_our_hash_of_it(
    room: Room, eka: Phone, database: Database, clock: Clock
) -> None:
    room.missing = ("a" * 64,)
    item = note(eka)
    assert await eka.push(item) == [
        {
            "id": str(item.id),
            "body_sha256": sha256(item.text).hexdigest(),
            "status": "accepted",
            "revision": 1,
            "need_photos": ["a" * 64],
        }
    ]
    (kept,) = await ledger(database)
    assert (kept.id, kept.body_sha256, kept.body, kept.status) == (
        item.id,
        item.sha256,
        item.text,
        "accepted",
    )
    assert (kept.device_id, kept.seq, kept.received_at) == (eka.device_id, 1, clock.now)


async def test_the_answer_carries_our_time_and_a_contact_to_refer_to(
    room: Room, eka: Phone, settings: Settings, clock: Clock
) -> None:
    answered = (await eka.send(eka.packed([note(eka)]))).json()
    assert answered["server_now"] == "2026-11-20T03:00:00Z"
    claimed, mark = clock.now + timedelta(days=1000), phones.ClockMark(answered["contact"], 60_000, True)
    found = phones.corrected(settings.secret, claimed, mark, None, clock.now + timedelta(hours=1))
    assert found == phones.Corrected(clock.now + timedelta(minutes=1), "")


async def test_a_replay_finds_its_receipt_and_changes_nothing(
    room: Room, eka: Phone, database: Database, clock: Clock
) -> None:
    item = note(eka)
    room.missing = ("a" * 64, "b" * 64)
    await eka.push(item)
    clock.forward(hours=3)
    room.missing = ("b" * 64,)
    again = await eka.push(item)
    assert again == [
        {
            "id": str(item.id),
            "body_sha256": item.sha256,
            "status": "duplicate",
            "revision": 1,
            "need_photos": ["b" * 64],
        }
    ]
    assert await acts(database) == [("noted", f"note {item.id}")]
    (kept,) = await ledger(database)
    assert kept.received_at == kept.judged_at == clock.now - timedelta(hours=3)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("stale_revision", "conflict"),
        ("another_visit", "conflict"),
        ("id_taken", "rejected"),
        ("not_their_work", "rejected"),
        ("wrong_state", "rejected"),
        ("unknown_unit", "rejected"),
    ],
)
async def test_a_refused_item_says_why_and_is_kept_whole(
    room: Room, eka: Phone, database: Database, code: str, status: str
) -> None:
    item = note(eka, refuse=code)
    (result,) = await eka.push(item)
    assert (result["id"], result["body_sha256"]) == (str(item.id), item.sha256)
    assert (result["status"], result["code"], result["field"]) == (status, code, "text")
    assert result["current"] == {"revision": 7}
    assert result["detail"].endswith(".")
    assert "revision" not in result
    (kept,) = await ledger(database)
    assert (kept.status, kept.body) == (status, item.text)
    assert msgspec.json.decode(kept.result) == result
    # half of what the room did is not there
    assert await acts(database) == [("sync_refused", f"item {item.id}")]


async def test_a_refusal_is_told_to_the_trail_once_and_without_its_body(
    room: Room, eka: Phone, database: Database
) -> None:
    item = note(eka, "rahasia warga", refuse="unknown_unit")
    await eka.push(item)
    await eka.push(item)
    async with database.reading() as session:
        (told,) = await session.scalars(select(AuditEvent))
    assert msgspec.json.decode(told.facts) == {
        "body_sha256": item.sha256,
        "code": "unknown_unit",
        "kind": "note",
        "status": "rejected",
    }


async def test_what_was_refused_is_judged_anew_and_may_be_accepted(
    room: Room, eka: Phone, database: Database, clock: Clock
) -> None:
    item = note(eka, refuse="not_assigned")
    first_came = clock.now
    assert statuses(await eka.push(item)) == ["rejected"]
    clock.forward(days=2)
    room.is_forgiving = True
    assert statuses(await eka.push(item)) == ["accepted"]
    assert statuses(await eka.push(item)) == ["duplicate"]
    (kept,) = await ledger(database)
    assert (kept.status, kept.received_at, kept.judged_at) == ("accepted", first_came, clock.now)


async def test_what_is_judged_anew_is_kept_as_it_came_the_last_time(
    room: Room, eka: Phone, database: Database
) -> None:
    first = note(eka, refuse="stale_revision")
    await eka.push(first)
    tablet = Phone(eka.browser, eka.clock, ahead=timedelta(minutes=7))
    again = msgspec.structs.replace(first, base_rev=3, seq=9)
    for status in ("conflict", "accepted"):
        room.is_forgiving = status == "accepted"
        assert statuses(await tablet.push(again)) == [status]
        (kept,) = await ledger(database)
        assert (kept.base_revision, kept.seq, kept.device_id) == (3, 9, tablet.device_id)
        assert kept.skew_ms == 7 * 60_000


async def test_what_a_coordinator_set_aside_stays_as_it_was_answered(
    room: Room, eka: Phone, database: Database, cast: Cast, clock: Clock
) -> None:
    item = note(eka, refuse="stale_revision")
    first = await eka.push(item)
    async with database.writing() as session:
        kept = await session.get_one(LedgerItem, (item.id, item.sha256, cast.people["eka"].id))
        kept.settled_how, kept.settled_at, kept.settled_reason = (
            "set_aside",
            clock.now,
            "Sudah ada di berkas.",
        )
    room.is_forgiving = True
    said = {"code": "set_aside", "detail": "Sudah ada di berkas."}
    assert await eka.push(item) == [{**first[0], **said}]
    assert len(room.pushed) == 1


async def test_a_body_that_is_not_what_was_announced_is_not_judged(
    room: Room, eka: Phone, database: Database
) -> None:
    item = note(eka)
    (result,) = await eka.push(item.envelope(body=item.text.replace(b"bersih", b"kotor")))
    assert (result["status"], result["code"], result["id"]) == ("retry", "damaged", str(item.id))
    assert result["body_sha256"] != item.sha256
    assert room.pushed == []
    assert await count(database, LedgerItem, AuditEvent) == [0, 0]
    assert statuses(await eka.push(item)) == ["accepted"]


async def test_the_hash_is_over_the_bytes_as_they_stand(room: Room, eka: Phone) -> None:
    """Spaces, order, escapes and numbers are not ours to tidy."""
    text = '{ "text":"Kelurahan \\u00c9 / é",\t"refuse" : "" }'.encode()
    item = eka.freeze(text, kind="note")
    (result,) = await eka.push(item)
    assert (result["status"], result["body_sha256"]) == ("accepted", sha256(text).hexdigest())
    assert room.pushed[0].body == text


async def test_a_fault_of_ours_asks_for_it_again_and_leaves_no_trace(
    room: Room, eka: Phone, database: Database
) -> None:
    good, bad, last = note(eka), note(eka, fail=True), note(eka)
    results = await eka.push(good, bad, last)
    assert statuses(results) == ["accepted", "retry", "accepted"]
    assert results[1]["code"] == "broken"
    assert [row.id for row in await ledger(database)] == [good.id, last.id]
    assert await acts(database) == [("noted", f"note {good.id}"), ("noted", f"note {last.id}")]
    room.is_forgiving = True
    assert statuses(await eka.push(bad)) == ["accepted"]


async def test_an_item_of_a_kind_we_do_not_know_waits_for_a_newer_server(
    room: Room, eka: Phone, database: Database
) -> None:
    item = eka.freeze({"text": "?"}, kind="complaint")
    (result,) = await eka.push(item)
    assert (result["status"], result["code"]) == ("rejected", "unknown_kind")
    (kept,) = await ledger(database)
    assert (kept.kind, kept.body) == ("complaint", item.text)


# ── a bad one among good ones ──


BAD: dict[str, Callable[[Any], bytes]] = {
    "no object": lambda item: b'"halo"',
    "null": lambda item: b"null",
    "no id": lambda item: re.sub(rb'"id": "[^"]*", ', b"", item.envelope()),
    "an id that is none": lambda item: item.envelope(id="satu"),
    "a field nobody knows": lambda item: item.envelope(colour="merah"),
    "no hash": lambda item: item.envelope(body_sha256=""),
    "a negative revision": lambda item: item.envelope(base_rev=-1),
    "a kind with a NUL": lambda item: item.envelope(kind="no\0te"),
    "half an emoji": lambda item: item.envelope(body=b'{"text": "\\ud83d"}'),
    "a control character": lambda item: item.envelope(body=b'{"text": "\x01"}'),
    "an infinite number": lambda item: item.envelope(body=b"Infinity"),
}


@pytest.mark.parametrize("bad", BAD)
async def test_an_unreadable_item_is_kept_and_the_others_are_judged(
    room: Room, eka: Phone, database: Database, bad: str
) -> None:
    good, poisoned, last = note(eka), note(eka), note(eka)
    raw = BAD[bad](poisoned)
    results = await eka.push(good, raw, last)
    assert statuses(results) == ["accepted", "rejected", "accepted"]
    assert results[1]["code"] == "bad_item"
    is_named = bad not in {"no object", "null", "no id", "an id that is none"}
    assert results[1]["id"] == (str(poisoned.id) if is_named else None)
    kept = {row.body_sha256: row for row in await ledger(database)}
    row = kept[sha256(raw).hexdigest()]
    assert (row.body, row.status, row.kind) == (raw, "rejected", "unreadable")
    assert row.id.hex == row.body_sha256[:32]
    assert ("sync_refused", f"item {row.id}") in await acts(database)
    # once more: the same row
    await eka.push(raw)
    assert len(await ledger(database)) == 3


async def test_an_unreadable_item_is_told_the_hash_of_its_body_so_that_its_phone_believes_it(
    room: Room, eka: Phone
) -> None:
    item = eka.freeze(b'{"text": "\\ud83d"}', kind="note")
    (result,) = await eka.push(item)
    assert (result["id"], result["body_sha256"]) == (str(item.id), item.sha256)


@pytest.mark.parametrize("body", [b'{"text": "a\\u0000b"}', b'{"text": "\xff\xfe"}'])
async def test_a_body_that_no_database_keeps_is_refused_and_kept_as_bytes(
    room: Room, eka: Phone, database: Database, body: bytes
) -> None:
    item = eka.freeze(body, kind="note")
    results = await eka.push(item, note(eka))
    assert statuses(results) == ["rejected", "accepted"]
    assert results[0]["code"] == "bad_item"
    assert item.text in [row.body for row in await ledger(database)]


async def test_text_that_only_looks_like_a_nul_is_text(room: Room, eka: Phone) -> None:
    assert statuses(await eka.push(eka.freeze(rb'{"text": "C:\\u0000"}', kind="note"))) == ["accepted"]


async def test_a_receipt_that_cannot_be_told_hinders_no_other(
    room: Room, eka: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, new = note(eka), note(eka)
    await eka.push(sent)
    monkeypatch.setitem(room.owing, sent.text, ZeroDivisionError())
    assert statuses(await eka.push(sent, new)) == ["retry", "accepted"]


async def test_one_request_may_hold_an_item_twice(room: Room, eka: Phone, database: Database) -> None:
    item = note(eka)
    assert statuses(await eka.push(item, item)) == ["accepted", "duplicate"]
    assert await count(database, LedgerItem) == [1]


async def test_the_ledger_is_asked_once_and_written_once_for_what_is_judged_together(
    room: Room, eka: Phone, database: Database
) -> None:
    with statements() as asked:
        results = await eka.push(
            *(note(eka, str(number)) for number in range(TOGETHER - 1)), note(eka, refuse="unknown_unit")
        )
    assert statuses(results) == ["accepted"] * (TOGETHER - 1) + ["rejected"]
    assert [one.split()[0] for one in asked if "sync_items" in one] == ["SELECT", "INSERT"]


# ── the request ──


@pytest.mark.parametrize("count_of_bad", [0, 3])
async def test_a_hundred_items_are_answered_in_their_order(
    room: Room, eka: Phone, database: Database, count_of_bad: int
) -> None:
    items = [note(eka, str(number)) for number in range(ITEMS_MOST - count_of_bad)]
    results = await eka.push(*items, *[b"0"] * count_of_bad)
    assert [one["id"] for one in results[: len(items)]] == [str(item.id) for item in items]
    assert statuses(results)[len(items) :] == ["rejected"] * count_of_bad


async def test_a_hundred_and_one_are_too_many(room: Room, eka: Phone, database: Database) -> None:
    items = [note(eka, str(number)) for number in range(ITEMS_MOST + 1)]
    told = refused(await eka.send(eka.packed(items)), 413, "too_many_items")
    assert str(ITEMS_MOST) in told["detail"]
    assert await count(database, LedgerItem) == [0]


async def test_a_compressed_push_is_the_same(room: Room, eka: Phone) -> None:
    assert statuses(await eka.push(note(eka), compressed=True)) == ["accepted"]


@pytest.mark.parametrize("is_compressed", [True, False])
async def test_too_large_a_push_is_refused(
    room: Room, eka: Phone, database: Database, is_compressed: bool
) -> None:
    body = eka.packed([note(eka, "x" * PUSH_MOST_BYTES)])
    answered = await (
        eka.send(gzip.compress(body), **{"Content-Encoding": "gzip"}) if is_compressed else eka.send(body)
    )
    refused(answered, 413, "too_large")
    assert await count(database, LedgerItem) == [0]


async def test_a_bomb_is_never_unpacked(room: Room, eka: Phone) -> None:
    bomb = gzip.compress(b" " * 100_000_000, 9)
    assert len(bomb) < PUSH_MOST_BYTES
    refused(await eka.send(bomb, **{"Content-Encoding": "gzip"}), 413, "too_large")


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: b"no gzip", lambda data: data + b"x"])
async def test_a_broken_compression_is_refused(
    room: Room, eka: Phone, spoil: Callable[[bytes], bytes]
) -> None:
    body = gzip.compress(eka.packed([note(eka)]))
    refused(await eka.send(spoil(body), **{"Content-Encoding": "gzip"}), 400, "unreadable")


@pytest.mark.parametrize("coding", ["br", "gzip, gzip"])
async def test_a_compression_we_do_not_know_is_refused(room: Room, eka: Phone, coding: str) -> None:
    refused(await eka.send(b"", **{"Content-Encoding": coding}), 415, "wrong_content_type")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"items": {}}',
        b'{"items": [1}',
        b'{"items": [1] 2}',
        b'{"items": [], "device_id": "satu"}',
        b'{"items": [], "client_now": "kemarin"}',
        b'{"items": [], "colour": 1}',
        b'{"wire": 1}',
        b"<html>portal</html>",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"items": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    ],
)
async def test_what_is_no_push_is_refused_whole(
    room: Room, eka: Phone, database: Database, body: bytes
) -> None:
    refused(await eka.send(body), 400, "unreadable")
    assert await count(database, LedgerItem, Device) == [0, 0]


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
async def test_only_json_is_taken(room: Room, eka: Phone, content_type: str) -> None:
    answered = await eka.send(eka.packed([note(eka)]), **{"Content-Type": content_type})
    refused(answered, 415, "wrong_content_type")


async def test_an_app_that_is_too_old_is_told_so_whatever_else_it_says(room: Room, eka: Phone) -> None:
    refused(await eka.send(b'{"wire": 0, "what": "an old app may say"}'), 426, "app_too_old")
    half_an_emoji = note(eka).envelope(body=b'"\\ud83d"')
    refused(await eka.send(eka.packed([half_an_emoji], wire=0)), 426, "app_too_old")


async def test_nobody_pushes_without_signing_in_or_from_another_site(
    room: Room, eka: Phone, client: httpx.AsyncClient, database: Database
) -> None:
    body = eka.packed([note(eka)])
    refused(await client.post(PUSH, content=body), 401, "sign_in")
    refused(await eka.send(body, Origin="https://portal.example"), 403, "stale_form")
    refused(await eka.send(body, **{"Sec-Fetch-Site": "cross-site"}), 403, "stale_form")
    assert await count(database, LedgerItem) == [0]


@pytest.mark.parametrize("name", ["ani", "gita"])
async def test_the_bureau_records_no_visits(room: Room, phone_of: PhoneOf, name: str) -> None:
    phone = await phone_of(name)
    refused(await phone.send(phone.packed([note(phone)])), 403, "forbidden")


# ── devices ──


async def test_a_device_is_known_by_when_it_came_how_far_it_counted_and_its_clock(
    room: Room, eka: Phone, database: Database, clock: Clock
) -> None:
    eka.ahead = timedelta(minutes=7)
    first = clock.now
    await eka.push(note(eka), note(eka))
    assert room.pushed[0].skew == timedelta(minutes=7)
    clock.forward(hours=1)
    eka.ahead = timedelta(days=-3 * 365)
    await eka.push(app_version="2026.11")
    async with database.reading() as session:
        (device,) = await session.scalars(select(Device))
    assert (device.id, device.first_seen_at, device.seen_at) == (eka.device_id, first, clock.now)
    assert (device.last_seq, device.app_version) == (2, "2026.11")
    assert device.skew_ms == -3 * 365 * 24 * 3600 * 1000


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
async def test_a_time_that_no_clock_means_says_nothing_of_the_skew(room: Room, eka: Phone, said: str) -> None:
    assert statuses(await eka.push(note(eka), client_now=said)) == ["accepted"]
    assert room.pushed[0].skew is None


async def test_two_people_may_share_a_phone(room: Room, eka: Phone, fajar: Phone, database: Database) -> None:
    fajar.device_id = eka.device_id
    await eka.push(note(eka))
    await fajar.push(note(fajar))
    assert await count(database, Device) == [2]


# ── when the database fails ──


async def test_a_push_whose_commit_fails_is_answered_with_no_receipt_and_may_be_sent_again(
    room: Room, eka: Phone, database: Database
) -> None:
    def fail(_: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk gone"))

    item = note(eka)
    engine = database._write_engine.sync_engine
    event.listen(engine, "commit", fail)
    try:
        told = refused(await eka.send(eka.packed([item])), 503, "overloaded")
    finally:
        event.remove(engine, "commit", fail)
    assert "results" not in told
    assert await count(database, LedgerItem, AuditEvent, Device) == [0, 0, 0]
    assert statuses(await eka.push(item)) == ["accepted"]


@pytest.mark.sqlite
async def test_a_full_disk_refuses_the_whole_push(
    room: Room, eka: Phone, database: Database, pages_left: PagesLeft
) -> None:
    items = [note(eka, f"{number}" * 40_000) for number in range(9)]
    async with pages_left(0):
        refused(await eka.send(eka.packed(items)), 507, "no_room")
    assert await count(database, LedgerItem) == [0]
    assert statuses(await eka.push(*items)) == ["accepted"] * 9


# ── at once ──


async def test_a_hundred_equal_pushes_at_once_are_one(room: Room, eka: Phone, database: Database) -> None:
    item = note(eka)
    body = eka.packed([item])
    answered = await asyncio.gather(*(eka.send(body) for _ in range(100)))
    assert {one.status_code for one in answered} == {200}
    results = [one.json()["results"][0] for one in answered]
    assert sorted(statuses(results)) == ["accepted"] + ["duplicate"] * 99
    receipts = {(one["id"], one["body_sha256"], one["revision"]) for one in results}
    assert receipts == {(str(item.id), item.sha256, 1)}
    assert await count(database, LedgerItem, Device) == [1, 1]
    assert await acts(database) == [("noted", f"note {item.id}")]


async def test_many_people_push_many_items_at_once(room: Room, phone_of: PhoneOf, database: Database) -> None:
    people = [await phone_of(name) for name in ("eka", "fajar", "budi", "citra")]
    bodies = [(phone, phone.packed([note(phone) for _ in range(5)])) for phone in people for _ in range(5)]
    answered = await asyncio.gather(*(phone.send(body) for phone, body in bodies))
    assert {one.status_code for one in answered} == {200}
    assert {status for one in answered for status in statuses(one.json()["results"])} == {"accepted"}
    assert await count(database, LedgerItem) == [100]


@pytest.mark.sqlite
async def test_whoever_answers_a_survey_waits_for_a_few_items_of_many_phones(
    room: Room, phone_of: PhoneOf, database: Database
) -> None:
    people = [await phone_of(name) for name in ("eka", "fajar", "budi", "citra")]
    bodies = [(phone, phone.packed([note(phone) for _ in range(20)])) for phone in people]

    async def its_turn() -> int:
        async with database.writing():
            return len(room.pushed)

    async with database.writing():
        pushing = [asyncio.create_task(phone.send(body)) for phone, body in bodies]
        await asyncio.sleep(0.2)  # all of them are in line
        answering = asyncio.create_task(its_turn())
        await asyncio.sleep(0)
    assert await answering <= TOGETHER
    assert {(await one).status_code for one in pushing} == {200}
    assert len(room.pushed) == 80


async def test_two_who_hold_units_in_another_order_do_not_wait_for_each_other_for_ever(
    room: Room, eka: Phone, fajar: Phone, database: Database, clock: Clock
) -> None:
    """PostgreSQL ends one of the two, who would meet the other again by beginning anew with all units."""
    slugs = [f"kelurahan-{number:02}" for number in range(12)]
    facts = {"kind": "kelurahan", "path": "", "zone": "Asia/Jakarta", "contact": "", "created_at": clock.now}
    async with database.writing() as session:
        session.add_all(Unit(slug=slug, name=slug, **facts) for slug in slugs)
    of_eka = eka.packed([note(eka, unit=slug) for slug in slugs])
    of_fajar = fajar.packed([note(fajar, unit=slug) for slug in reversed(slugs)])
    answered = await asyncio.gather(eka.send(of_eka), fajar.send(of_fajar))
    assert [one.status_code for one in answered] == [200, 200]
    assert [statuses(one.json()["results"]) for one in answered] == [["accepted"] * len(slugs)] * 2
    assert [act for act, _ in await acts(database)] == ["noted"] * 2 * len(slugs)


async def test_whoever_holds_a_unit_is_not_kept_from_the_trail_by_a_push_that_waits_for_it(
    room: Room, eka: Phone, database: Database, clock: Clock
) -> None:
    """The lock of the trail comes last: a push of several items does not take it with the first."""
    if database.is_sqlite:
        return  # one writer at a time: there is nothing to wait for
    async with database.writing() as session:
        await session.scalar(
            select(Unit).where(Unit.slug == "puskesmas-melati").with_for_update(key_share=True)
        )
        body = eka.packed([note(eka, unit="dinas-kependudukan"), note(eka, unit="puskesmas-melati")])
        pushing = asyncio.create_task(eka.send(body))
        await asyncio.sleep(0.3)
        await asyncio.wait_for(audit.record(session, clock.now, None, "verified", "visit"), 0.5)
    assert statuses((await pushing).json()["results"]) == ["accepted"] * 2
