"""Photos on their way: every rule of tus 1.0.0 we promise, and what a bad line, disk or sender does to an upload."""

import asyncio
import errno
import fcntl
import io
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.database import Database
from server.inspections.tables import EvidenceFile, EvidenceHolder
from server.phones import PhotoStore
from server.problems import Problem
from server.sync.tables import Upload
from server.sync.uploads.files import Incoming
from server.sync.uploads.routes import sweep
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.sync.uploading import BODY, TUS, Sender, a_document, checksum, metadata, sha256

MEGABYTE = 1024 * 1024


@pytest_asyncio.fixture
async def eka(sign_in: Callable[[str], Awaitable[Staff]]) -> Sender:
    return Sender((await sign_in("eka")).browser)


@pytest_asyncio.fixture
async def fajar(sign_in: Callable[[str], Awaitable[Staff]]) -> Sender:
    return Sender((await sign_in("fajar")).browser)


@pytest.fixture
def incoming(app: Litestar) -> Incoming:
    found: Incoming = app.state.uploads
    return found


def file_of(incoming: Incoming, address: str) -> Path:
    return incoming.path_of(UUID(address.rpartition("/")[2]))


def a_photo(kind: str = "JPEG", seed: int = 1) -> bytes:
    made = io.BytesIO()
    Image.frombytes("RGB", (160, 120), a_document(160 * 120 * 3, seed)).save(made, kind)
    return made.getvalue()


# ── what the server says of itself, and to whom ──


async def test_everybody_may_ask_what_the_server_can(client: httpx.AsyncClient) -> None:
    for address in ("/api/photos", f"/api/photos/{uuid4()}"):
        told = await client.options(address)
        assert (told.status_code, told.content) == (204, b"")
        assert told.headers["tus-version"] == "1.0.0"
        assert told.headers["tus-max-size"] == str(100 * MEGABYTE)
        assert set(told.headers["tus-extension"].split(",")) == {
            *("creation", "creation-with-upload", "checksum", "expiration", "termination"),
        }
        assert told.headers["tus-checksum-algorithm"] == "sha1,sha256"


async def test_an_answer_without_a_body_tells_no_length_of_one(client: httpx.AsyncClient) -> None:
    assert "content-length" not in (await client.options("/api/photos")).headers


@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
@pytest.mark.parametrize("said", [{}, {"Tus-Resumable": "0.2.2"}])
async def test_another_version_of_tus_is_refused_with_ours(
    eka: Sender, method: str, said: dict[str, str]
) -> None:
    address = "/api/photos" if method == "POST" else await eka.begun(a_document(10))
    refused = await eka.browser.request(method, address, headers=said)
    assert refused.status_code == 412
    assert refused.headers["tus-version"] == refused.headers["tus-resumable"] == "1.0.0"


async def test_only_who_records_visits_brings_photos(
    cast: Cast, client: httpx.AsyncClient, sign_in: Callable[[str], Awaitable[Staff]]
) -> None:
    stranger = await Sender(client).create(10)
    gita = await Sender((await sign_in("gita")).browser).create(10)
    budi = await Sender((await sign_in("budi")).browser).create(10)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "sign_in")
    assert (gita.status_code, gita.json()["code"]) == (403, "forbidden")
    assert budi.status_code == 201
    assert stranger.headers["tus-resumable"] == gita.headers["tus-resumable"] == "1.0.0"


async def test_a_page_of_another_site_sends_nothing_in_somebodys_name(eka: Sender) -> None:
    refused = await eka.create(10, Origin="http://elsewhere.test")
    assert (refused.status_code, refused.json()["code"]) == (403, "stale_form")


async def test_an_address_says_what_it_can_be_asked(eka: Sender) -> None:
    address = await eka.begun(a_document(10))
    for method, asked, allowed in (
        ("GET", "/api/photos", "POST, OPTIONS"),
        ("PATCH", "/api/photos", "POST, OPTIONS"),
        ("GET", address, "HEAD, PATCH, DELETE, OPTIONS"),
        ("POST", address, "HEAD, PATCH, DELETE, OPTIONS"),
    ):
        refused = await eka.ask(method, asked)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed), (method, asked)


# ── a file arrives ──


async def test_a_file_arrives_piece_by_piece_and_is_held_byte_for_byte(
    eka: Sender, incoming: Incoming
) -> None:
    content = a_document(100_000)
    created = await eka.create(
        len(content), Upload_Metadata=metadata(sha256=sha256(content), filename="a.pdf")
    )
    address = created.headers["location"]
    assert created.status_code == 201
    assert created.headers["tus-resumable"] == "1.0.0"
    assert await eka.offset(address) == 0

    first = await eka.patch(address, 0, content[:60_000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "60000")
    assert await eka.offset(address) == 60_000
    assert await eka.held(content) is None

    last = await eka.patch(address, 60_000, content[60_000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, "100000")
    assert "upload-expires" not in last.headers
    assert await eka.held(content) == content
    assert await eka.offset(address) == 100_000
    assert not file_of(incoming, address).exists()


async def test_a_question_for_the_offset_is_never_answered_from_a_cache(eka: Sender) -> None:
    header = metadata(sha256=sha256(b"x"), filename="ruang tunggu.jpg")
    created = await eka.create(1000, Upload_Metadata=header)
    told = await eka.head(created.headers["location"])
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["upload-length"] == "1000"
    assert told.headers["upload-metadata"] == header


async def test_a_file_may_come_with_its_creation_whole_or_in_part(eka: Sender) -> None:
    content = a_document(50_000)
    whole = await eka.create(len(content), content)
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, "50000")
    assert await eka.held(content) == content

    other = a_document(50_000, seed=2)
    part = await eka.create(len(other), other[:20_000], Upload_Checksum=checksum(other[:20_000]))
    assert (part.status_code, part.headers["upload-offset"]) == (201, "20000")
    assert (await eka.patch(part.headers["location"], 20_000, other[20_000:])).status_code == 204
    assert await eka.held(other) == other


async def test_a_creation_that_is_refused_with_its_bytes_leaves_nothing(
    eka: Sender, database: Database, incoming: Incoming
) -> None:
    content = a_document(5_000)
    before = sorted(incoming.folder.iterdir()) if incoming.folder.exists() else []
    assert (await eka.create(5_000, content, Upload_Checksum=checksum(b"other"))).status_code == 460
    assert (await eka.create(4_999, content)).status_code == 413
    assert (await eka.create(5_000, content, Content_Type="image/jpeg")).status_code == 415
    assert sorted(incoming.folder.iterdir()) == before
    async with database.reading() as session:
        waiting = await session.scalar(select(func.count()).where(Upload.is_gone.is_(False)))
    assert waiting == 0


async def test_a_file_without_an_announced_hash_is_held_under_its_own(eka: Sender) -> None:
    content = a_document(3_000)
    created = await eka.create(len(content))
    assert (await eka.patch(created.headers["location"], 0, content)).status_code == 204
    assert await eka.held(content) == content


async def test_a_file_of_somebody_elses_work_is_not_taken(eka: Sender, fajar: Sender) -> None:
    header = metadata(person="eka", filename="a.pdf")
    assert (await eka.create(10, Upload_Metadata=header)).status_code == 201
    refused = await fajar.create(10, Upload_Metadata=header)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_their_work")


async def test_a_photo_of_somebody_elses_visit_is_not_taken(
    eka: Sender, fajar: Sender, round_: Round, cast: Cast
) -> None:
    visit = await round_.visit("eka", cast.a, {}, state="draft")
    of_eka = metadata(inspection=str(visit), filename="a.pdf")
    refused = await fajar.create(10, Upload_Metadata=of_eka)
    assert (refused.status_code, refused.json()["code"]) == (403, "foreign_visit")
    assert "Eka" not in refused.text and "location" not in refused.headers
    assert (await eka.create(10, Upload_Metadata=of_eka)).status_code == 201
    # photos may come before their record, and a record may be in conflict
    for other in (str(uuid4()), "", "no id at all"):
        assert (await fajar.create(10, Upload_Metadata=metadata(inspection=other))).status_code == 201, other


async def test_what_this_person_brought_before_need_not_be_sent_again(
    eka: Sender, fajar: Sender, incoming: Incoming
) -> None:
    content = a_document(3_000)
    await eka.brought(content)
    header = metadata(sha256=sha256(content))
    again = await eka.create(len(content), Upload_Metadata=header)
    assert (again.status_code, again.headers["upload-offset"]) == (201, "3000")
    assert await eka.offset(again.headers["location"]) == 3_000
    assert not file_of(incoming, again.headers["location"]).exists()
    assert (await eka.patch(again.headers["location"], 3_000, b"")).status_code == 204

    # nobody learns what others hold
    fajars = await fajar.create(len(content), Upload_Metadata=header)
    assert (fajars.status_code, fajars.headers["upload-offset"]) == (201, "0")
    assert (await fajar.patch(fajars.headers["location"], 0, content)).status_code == 204
    assert await fajar.held(content) == content


async def test_the_last_piece_sent_again_after_a_lost_answer_changes_nothing(
    eka: Sender, database: Database
) -> None:
    content = a_document(3_000)
    address = await eka.brought(content)
    assert (await eka.patch(address, 3_000, b"")).status_code == 204
    stale = await eka.patch(address, 0, content)
    assert (stale.status_code, stale.json()["offset"]) == (409, 3_000)
    assert (await eka.patch(address, 3_000, b"more")).status_code == 413
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(EvidenceFile)) == 1
        assert await session.scalar(select(func.count()).select_from(EvidenceHolder)) == 1


async def test_a_photo_arrives_as_the_picture_it_was_taken_as(eka: Sender) -> None:
    photo = a_photo()
    await eka.brought(photo, filetype="image/jpeg", filename="meja.jpg")
    held = await eka.held(photo)
    assert held is not None
    assert Image.open(io.BytesIO(held)).size == (160, 120)


async def test_networks_that_let_only_posts_through_are_no_obstacle(eka: Sender) -> None:
    content = a_document(2_000)
    address = await eka.begun(content)
    sent = await eka.browser.post(
        address, headers={**BODY, "X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}, content=content
    )
    assert (sent.status_code, sent.headers["upload-offset"]) == (204, "2000")
    told = await eka.ask("POST", address, X_HTTP_Method_Override="head")
    assert (told.status_code, told.headers["upload-offset"]) == (200, "2000")
    assert (await eka.ask("POST", address, X_HTTP_Method_Override="DELETE")).status_code == 204
    assert (await eka.head(address)).status_code == 410
    assert (await eka.ask("POST", address, X_HTTP_Method_Override="TRACE")).status_code == 405


async def test_a_question_cannot_be_turned_into_a_deed(eka: Sender, client: httpx.AsyncClient) -> None:
    """The guard lets OPTIONS through without a sign-in, and HEAD from anywhere: neither may mean another method."""
    address = await eka.begun(a_document(10))
    headers = {**TUS, "X-HTTP-Method-Override": "DELETE"}
    assert (await client.options(address, headers=headers)).status_code == 204
    assert (await eka.browser.head(address, headers=headers)).status_code == 200
    assert await eka.offset(address) == 0


# ── what a request must say ──


@pytest.mark.parametrize(
    "header",
    [
        {"Upload-Defer-Length": "1"},
        {"Upload-Length": "-1"},
        {"Upload-Length": "ten"},
        {"Upload-Length": "1.5"},
        {"Upload-Length": ""},
        {"Upload-Length": "10", "Upload-Defer-Length": "1"},
        {"Upload-Length": "10", "Upload-Concat": "partial"},
        {},
    ],
)
async def test_a_creation_says_the_length_of_one_whole_file(eka: Sender, header: dict[str, str]) -> None:
    refused = await eka.browser.post("/api/photos", headers={**TUS, **header})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_upload")
    assert refused.headers["tus-resumable"] == "1.0.0"
    assert "location" not in refused.headers


@pytest.mark.parametrize(
    "header",
    [
        "sha256 !!!!",
        "filename YQ",  # cut: base64 comes in fours
        "filename YQ==,filename Yg==",
        ",",
        "filename YQ==,",
        "filename YQ==, ,inspection YQ==",
        "na\xefme YQ==",
        "sha256 YWJj",
        "sha256",
    ],
)
async def test_metadata_that_cannot_be_read_is_refused(eka: Sender, header: str) -> None:
    refused = await eka.browser.post(
        "/api/photos",
        headers=[*{**TUS, "Upload-Length": "10"}.items(), ("Upload-Metadata", header.encode("latin-1"))],
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_upload"), header


@pytest.mark.parametrize(
    "header",
    ["", "is_confidential", "filename ", "is_confidential,filename YQ==", "filename YQ==, inspection YQ=="],
)
async def test_a_key_may_stand_without_a_value(eka: Sender, header: str) -> None:
    assert (await eka.create(10, Upload_Metadata=header)).status_code == 201


async def test_what_a_stranger_calls_a_file_harms_nobody(eka: Sender, database: Database) -> None:
    name = "\0../../" + "x" * 500 + "\n.pdf"
    content = a_document(100)
    await eka.brought(content, filename=name, filetype="application/pdf" + ";a" * 200 + "\0")
    async with database.reading() as session:
        kept = await session.scalar(select(Upload.name))
    assert kept is not None and len(kept) == 160 and "\0" not in kept
    assert await eka.held(content) == content


async def test_a_file_is_never_larger_than_what_its_kind_may_be(eka: Sender) -> None:
    photo = metadata(filetype="image/jpeg")
    assert (await eka.create(100 * MEGABYTE)).status_code == 201
    assert (await eka.create(100 * MEGABYTE + 1)).status_code == 413
    assert (await eka.create(25 * MEGABYTE, Upload_Metadata=photo)).status_code == 201
    refused = await eka.create(25 * MEGABYTE + 1, Upload_Metadata=photo)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert "25 MB" in refused.json()["detail"]


async def test_bytes_come_as_bytes_at_the_offset_that_is_here(eka: Sender) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    assert (await eka.patch(address, 0, content, Content_Type="application/octet-stream")).status_code == 415
    assert (await eka.patch(address, 0, content, Content_Type="")).status_code == 415
    for offset in ("", "-1", "one"):
        refused = await eka.patch(address, 0, content, Upload_Offset=offset)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_upload"), offset
    ahead = await eka.patch(address, 1, content[1:])
    assert (ahead.status_code, ahead.json()["code"], ahead.json()["offset"]) == (409, "wrong_offset", 0)
    assert ahead.headers["tus-resumable"] == "1.0.0"
    assert await eka.offset(address) == 0


async def test_nothing_grows_past_the_length_that_was_announced(eka: Sender) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    assert (await eka.patch(address, 0, content[:400])).status_code == 204
    assert (await eka.patch(address, 400, content[400:] + b"x")).status_code == 413

    async def without_length() -> AsyncIterator[bytes]:
        yield content[400:]
        yield b"one more"

    assert (await eka.patch(address, 400, without_length())).status_code == 413
    checked = checksum(content[400:] + b"one more")
    assert (await eka.patch(address, 400, without_length(), Upload_Checksum=checked)).status_code == 413
    assert await eka.offset(address) == 400
    assert (await eka.patch(address, 400, content[400:])).status_code == 204
    assert await eka.held(content) == content


# ── hashes ──


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_piece_that_was_damaged_on_its_way_is_dropped(eka: Sender, algorithm: str) -> None:
    content = a_document(3 * MEGABYTE)
    half = len(content) // 2
    address = await eka.begun(content)
    good = checksum(content[:half], algorithm)
    assert (await eka.patch(address, 0, content[:half], Upload_Checksum=good)).status_code == 204
    damaged = bytearray(content[half:])
    damaged[len(damaged) // 2] ^= 1
    good = checksum(content[half:], algorithm)
    refused = await eka.patch(address, half, bytes(damaged), Upload_Checksum=good)
    assert (refused.status_code, refused.json()["code"]) == (460, "bad_checksum")
    assert await eka.offset(address) == half
    assert (await eka.patch(address, half, content[half:], Upload_Checksum=good)).status_code == 204
    assert await eka.held(content) == content


@pytest.mark.parametrize(
    "said", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha256", "sha256 !!!", "sha256 YWJj", "YWJj"]
)
async def test_a_checksum_that_cannot_be_checked_is_refused(eka: Sender, said: str) -> None:
    address = await eka.begun(a_document(10))
    refused = await eka.patch(address, 0, b"%PDF-", Upload_Checksum=said)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_upload")
    assert await eka.offset(address) == 0


async def test_a_file_that_is_not_what_was_announced_is_never_held(eka: Sender, incoming: Incoming) -> None:
    content, other = a_document(1_000), a_document(1_000, seed=2)
    address = await eka.begun(content)
    refused = await eka.patch(address, 0, other)
    assert refused.status_code == 460
    assert (await eka.head(address)).status_code == 410
    assert (await eka.patch(address, 0, content)).status_code == 410
    assert await eka.held(content) is None and await eka.held(other) is None
    assert not file_of(incoming, address).exists()


def _text() -> bytes:
    return b"nothing that shows anything " * 10


def _heic() -> bytes:
    return b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(900)


def _cut_photo() -> bytes:
    return a_photo()[:3_000]


@pytest.mark.parametrize(
    ("content", "announced"),
    [
        (_text(), ""),
        (_heic(), "image/heic"),
        (_heic(), "image/jpeg"),
        (a_photo("PNG"), "image/jpeg"),
        (_cut_photo(), "image/jpeg"),
        (a_document(900), "image/jpeg"),
    ],
    ids=["text", "heic", "heic-named-jpeg", "png-named-jpeg", "cut", "pdf-named-jpeg"],
)
async def test_what_is_no_evidence_is_refused_whole_and_leaves_nothing(
    eka: Sender, incoming: Incoming, content: bytes, announced: str
) -> None:
    address = await eka.begun(content, filetype=announced, filename="foto.jpg")
    refused = await eka.patch(address, 0, content)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_evidence")
    assert refused.headers["tus-resumable"] == "1.0.0"
    assert (await eka.head(address)).status_code == 410
    assert await eka.held(content) is None
    assert not file_of(incoming, address).exists()


async def test_an_empty_file_may_be_begun_and_is_no_evidence(eka: Sender) -> None:
    created = await eka.create(0)
    address = created.headers["location"]
    assert (created.status_code, await eka.offset(address)) == (201, 0)
    refused = await eka.patch(address, 0, b"")
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_evidence")


# ── whose it is, and how long ──


async def test_somebody_elses_upload_does_not_exist(eka: Sender, fajar: Sender) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    for other in (address, f"/api/photos/{uuid4()}", "/api/photos/no-id-at-all"):
        assert (await fajar.head(other)).status_code == 404
        assert (await fajar.ask("DELETE", other)).status_code == 404
        refused = await fajar.patch(other, 0, content)
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_upload"), other
        assert refused.headers["tus-resumable"] == "1.0.0"
    assert (await eka.patch(address, 0, content)).status_code == 204


async def test_nobody_interrupts_somebody_elses_upload(eka: Sender, fajar: Sender) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    go_on, running = await _hanging(eka, address, content)
    assert (await fajar.head(address)).status_code == 404
    await asyncio.sleep(0.1)
    assert not running.done()
    go_on.set()
    assert (await running).status_code == 204


async def test_an_upload_is_ended_by_its_owner(eka: Sender, incoming: Incoming) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    await eka.patch(address, 0, content[:500])
    assert file_of(incoming, address).exists()
    ended = await eka.ask("DELETE", address)
    assert (ended.status_code, ended.headers["tus-resumable"]) == (204, "1.0.0")
    assert not file_of(incoming, address).exists()
    assert (await eka.head(address)).status_code == 410
    assert (await eka.ask("DELETE", address)).status_code == 410
    assert (await eka.patch(address, 500, content[500:])).status_code == 410


async def test_ending_a_finished_upload_leaves_the_photo_where_it_is(eka: Sender) -> None:
    content = a_document(1_000)
    address = await eka.brought(content)
    assert (await eka.ask("DELETE", address)).status_code == 204
    assert (await eka.head(address)).status_code == 410
    assert await eka.held(content) == content


async def test_an_upload_waits_seven_days_for_its_next_byte(
    eka: Sender, clock: Clock, incoming: Incoming
) -> None:
    content = a_document(1_000)
    created = await eka.create(len(content), Upload_Metadata=metadata(sha256=sha256(content)))
    address = created.headers["location"]
    assert _moment(created) == clock.now + timedelta(days=7)
    clock.forward(days=6)
    assert _moment(await eka.head(address)) == clock.now + timedelta(days=1)
    assert _moment(await eka.patch(address, 0, content[:500])) == clock.now + timedelta(days=7)
    clock.forward(days=7)
    assert (await eka.head(address)).status_code == 410
    assert (await eka.patch(address, 500, content[500:])).status_code == 410

    # whoever comes next sweeps
    assert file_of(incoming, address).exists()
    await eka.begun(a_document(10))
    assert not file_of(incoming, address).exists()
    assert (await eka.head(address)).status_code == 410
    clock.forward(days=20)
    await eka.begun(a_document(10))
    assert (await eka.head(address)).status_code == 410
    clock.forward(days=10)
    await eka.begun(a_document(10))
    assert (await eka.head(address)).status_code == 404


async def test_a_finished_upload_is_told_as_finished_for_a_while(eka: Sender, clock: Clock) -> None:
    address = await eka.brought(a_document(1_000))
    clock.forward(days=29)
    await eka.begun(a_document(10))
    assert await eka.offset(address) == 1_000


async def test_an_upload_whose_address_nobody_heard_gives_way_to_the_next_of_the_same_bytes(
    eka: Sender, fajar: Sender, incoming: Incoming, database: Database
) -> None:
    content = a_document(1_000)
    others = [await fajar.begun(content), await eka.begun(a_document(1_000, seed=2))]
    *lost, last = [await eka.begun(content) for _ in range(3)]
    assert not any(file_of(incoming, address).exists() for address in lost)
    assert (await eka.patch(last, 0, content[:10])).status_code == 204
    newer = await eka.begun(content)
    assert await eka.offset(last) == 10, "what holds bytes stays"
    assert [(await eka.head(others[1])).status_code, (await fajar.head(others[0])).status_code] == [200, 200]
    assert (await eka.patch(newer, 0, content)).status_code == 204
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).where(Upload.is_gone)) == 2


async def test_an_empty_upload_that_somebody_has_in_hand_stays(eka: Sender, incoming: Incoming) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    with file_of(incoming, address).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        await eka.begun(content)
    assert await eka.offset(address) == 0


async def test_nobody_has_more_than_two_gigabytes_under_way(
    eka: Sender, fajar: Sender, cast: Cast, database: Database, clock: Clock
) -> None:
    async with database.writing() as session:
        session.add(_row(cast.people["eka"].id, clock.now, 2048 * MEGABYTE - 1_000))
    assert (await eka.create(600)).status_code == 201
    refused = await eka.create(401)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_uploads")
    assert (await eka.create(400)).status_code == 201
    assert (await fajar.create(401)).status_code == 201


@pytest.mark.parametrize(
    ("total", "reserve"), [(100_000 * MEGABYTE, 500 * MEGABYTE), (1_000 * MEGABYTE, 50 * MEGABYTE)]
)
async def test_an_upload_leaves_the_database_its_room(
    eka: Sender, monkeypatch: pytest.MonkeyPatch, total: int, reserve: int
) -> None:
    def with_free(free: int) -> None:
        usage = SimpleNamespace(total=total, used=total - free, free=free)
        monkeypatch.setattr("shutil.disk_usage", lambda _: usage)

    with_free(reserve + 9)
    refused = await eka.create(10)
    assert (refused.status_code, refused.json()["code"]) == (507, "no_room")
    with_free(reserve + 10)
    assert (await eka.create(10)).status_code == 201


async def test_a_photo_that_the_disk_has_lost_is_taken_again(app: Litestar, eka: Sender) -> None:
    photo = a_document(1_000)
    await eka.brought(photo)
    app.state.evidence.path_of(sha256(photo)).unlink()
    created = await eka.create(len(photo), Upload_Metadata=metadata(sha256=sha256(photo)))
    assert (created.status_code, created.headers["upload-offset"]) == (201, "0")
    await eka.patch(created.headers["location"], 0, photo)
    assert await eka.held(photo) == photo


async def test_nobody_has_more_than_500_uploads_under_way(
    eka: Sender, fajar: Sender, database: Database, cast: Cast, clock: Clock
) -> None:
    first = await eka.begun(a_document(10))
    async with database.writing() as session:
        session.add_all(_row(cast.people["eka"].id, clock.now) for _ in range(499))
    refused = await eka.create(10)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_uploads")
    assert (await fajar.create(10)).status_code == 201
    assert (await eka.ask("DELETE", first)).status_code == 204
    assert (await eka.create(10)).status_code == 201
    clock.forward(days=8)
    assert (await eka.create(10)).status_code == 201


def _row(person_id: int, now: datetime, length: int = 10) -> Upload:
    return Upload(
        id=uuid4(),
        person_id=person_id,
        length=length,
        created_at=now,
        expires_at=now + timedelta(days=7),
        is_gone=False,
    )


def _moment(answer: httpx.Response) -> datetime:
    return parsedate_to_datetime(answer.headers["upload-expires"])


# ── two at once ──


async def _hanging(
    sender: Sender, address: str, content: bytes, **headers: str
) -> tuple[asyncio.Event, asyncio.Task[httpx.Response]]:
    """A PATCH that sent its first half and waits: what lets it go on, and the request itself."""
    go_on, has_begun = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield content[: len(content) // 2]
        has_begun.set()
        await go_on.wait()
        yield content[len(content) // 2 :]

    running = asyncio.create_task(sender.patch(address, 0, slowly(), **headers))
    await has_begun.wait()
    return go_on, running


async def test_two_cannot_write_one_file_at_once(eka: Sender) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    go_on, running = await _hanging(eka, address, content)
    second = await eka.patch(address, 0, content)
    assert (second.status_code, second.json()["code"]) == (423, "busy_upload")
    go_on.set()
    assert (await running).status_code == 204
    assert await eka.held(content) == content


async def test_a_question_ends_a_request_that_hangs_and_tells_what_it_brought(eka: Sender) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    _, running = await _hanging(eka, address, content)
    # whoever asks, and however often
    assert await asyncio.gather(*(eka.offset(address) for _ in range(5))) == [500] * 5
    assert (await running).status_code == 423
    assert (await eka.patch(address, 500, content[500:])).status_code == 204
    assert await eka.held(content) == content


async def test_a_checked_piece_that_is_ended_leaves_nothing_of_itself(eka: Sender) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    _, running = await _hanging(eka, address, content, Upload_Checksum=checksum(content))
    assert await eka.offset(address) == 0
    assert (await running).status_code == 423


async def test_an_upload_is_ended_although_a_request_hangs(eka: Sender, incoming: Incoming) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    _, running = await _hanging(eka, address, content)
    assert (await eka.ask("DELETE", address)).status_code == 204
    assert (await running).status_code == 423
    assert not file_of(incoming, address).exists()
    assert (await eka.head(address)).status_code == 410


async def test_what_another_process_writes_is_busy(eka: Sender, incoming: Incoming) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    with file_of(incoming, address).open("rb") as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_EX)
        assert (await eka.patch(address, 0, content)).status_code == 423
        begun = time.monotonic()
        assert (await eka.head(address)).status_code == 423
        assert 1 < time.monotonic() - begun < 4
    assert (await eka.patch(address, 0, content)).status_code == 204


# ── disks and crashes ──


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
async def test_a_disk_that_fills_up_keeps_what_is_safe(
    eka: Sender, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    assert (await eka.patch(address, 0, content[:400])).status_code == 204
    sync, calls = os.fsync, iter(range(10))

    def full(file: Any) -> None:
        # the first brings to the disk what is there; the second what this request wrote
        if next(calls) == 1:
            raise OSError(code, os.strerror(code))
        sync(file)

    monkeypatch.setattr(os, "fsync", full)
    refused = await eka.patch(address, 400, content[400:800])
    monkeypatch.undo()
    assert (refused.status_code, refused.json()["code"]) == (507, "no_room")
    assert await eka.offset(address) == 400
    assert (await eka.patch(address, 400, content[400:])).status_code == 204
    assert await eka.held(content) == content


@pytest.mark.parametrize("is_checked", [False, True])
async def test_a_full_disk_loses_nothing_and_goes_on_when_there_is_room(
    eka: Sender, incoming: Incoming, tiny_disk: Path, monkeypatch: pytest.MonkeyPatch, is_checked: bool
) -> None:
    monkeypatch.setattr(incoming, "folder", tiny_disk)
    content = a_document(800_000)
    address = await eka.begun(content)
    assert (await eka.patch(address, 0, content[:100_000])).status_code == 204
    (tiny_disk / "others").write_bytes(bytes(600_000))
    said = {"Upload_Checksum": checksum(content[100_000:])} if is_checked else {}
    refused = await eka.patch(address, 100_000, content[100_000:], **said)
    assert (refused.status_code, refused.json()["code"]) == (507, "no_room")
    offset = await eka.offset(address)
    assert 100_000 <= offset < 800_000
    assert file_of(incoming, address).read_bytes() == content[:offset]

    none = await eka.create(800_000)
    assert (none.status_code, none.json()["code"]) == (507, "no_room")
    (tiny_disk / "others").unlink()
    assert (await eka.patch(address, offset, content[offset:])).status_code == 204
    assert await eka.held(content) == content


class Faulty(PhotoStore):
    """The store, with a fault just before or just after its work."""

    def __init__(self, store: PhotoStore) -> None:
        self._store = store
        self.before: list[Exception] = []
        self.after: list[Exception] = []

    async def holds(self, session: AsyncSession, viewer: Viewer, sha256: str) -> bool:
        return await self._store.holds(session, viewer, sha256)

    async def held(self, session: AsyncSession, viewer: Viewer, sha256s: Collection[str]) -> Collection[str]:
        return await self._store.held(session, viewer, sha256s)

    async def keep(
        self,
        viewer: Viewer,
        now: datetime,
        file: Path,
        announced: str | None,
        name: str,
        media_type: str,
        brought_by: int | None = None,
    ) -> str:
        if self.before:
            raise self.before.pop()
        kept = await self._store.keep(viewer, now, file, announced, name, media_type, brought_by)
        if self.after:
            raise self.after.pop()
        return kept


@pytest.fixture
def store(app: Litestar) -> Iterator[Faulty]:
    former = app.state.rooms
    faulty = Faulty(former.photos)
    app.state.rooms = msgspec.structs.replace(former, photos=faulty)
    yield faulty
    app.state.rooms = former


@pytest.mark.parametrize("is_asked", [True, False])
async def test_a_store_without_room_keeps_the_upload_until_there_is_some(
    eka: Sender, store: Faulty, is_asked: bool
) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    store.before = [Problem("no_room")]
    refused = await eka.patch(address, 0, content)
    assert (refused.status_code, refused.json()["code"]) == (507, "no_room")
    assert await eka.held(content) is None
    if is_asked:
        assert await eka.offset(address) == 1_000
    else:
        assert (await eka.patch(address, 1_000, b"")).status_code == 204
    assert await eka.held(content) == content


async def test_a_crash_after_the_store_took_the_file_heals_by_the_next_question(
    eka: Sender, store: Faulty, incoming: Incoming, database: Database
) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    store.after = [RuntimeError("the lights went out")]
    assert (await eka.patch(address, 0, content)).status_code == 500
    assert await eka.offset(address) == 1_000
    assert not file_of(incoming, address).exists()
    assert await eka.held(content) == content
    async with database.reading() as session:
        assert await session.scalar(select(Upload.stored_sha256)) == sha256(content)
        assert await session.scalar(select(func.count()).select_from(EvidenceHolder)) == 1


async def test_bytes_that_vanished_from_the_disk_are_begun_anew(eka: Sender, incoming: Incoming) -> None:
    content = a_document(1_000)
    address = await eka.begun(content)
    file_of(incoming, address).unlink()
    for answered in (await eka.head(address), await eka.patch(address, 0, content)):
        assert answered.status_code == 410


async def test_starting_up_clears_what_expired_and_what_a_crash_left(
    app: Litestar, eka: Sender, incoming: Incoming, clock: Clock
) -> None:
    late = [file_of(incoming, await eka.begun(a_document(10, seed))) for seed in range(25)]
    clock.forward(days=8)
    waiting = file_of(incoming, await eka.begun(a_document(10)))
    finished = file_of(incoming, await eka.brought(a_document(11)))
    ended = await eka.begun(a_document(12))
    await eka.ask("DELETE", ended)
    left, fresh, strange = incoming.path_of(uuid4()), incoming.path_of(uuid4()), incoming.folder / "README"
    for file in (finished, file_of(incoming, ended), left, fresh, strange):
        file.write_bytes(b"x")
    long_ago = time.time() - 2 * 24 * 60 * 60
    for file in (waiting, left, strange):
        os.utime(file, (long_ago, long_ago))
    await sweep(app.state)
    assert [file for file in [*late, finished, file_of(incoming, ended), left] if file.exists()] == []
    assert all(file.exists() for file in (waiting, fresh, strange))
    strange.unlink()
    fresh.unlink()
