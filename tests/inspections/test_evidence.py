"""Evidence files: kept once by their hash, told by their bytes, seen by whom they concern, found when they are lost."""

import asyncio
import errno
import hashlib
import io
import logging
import os
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from PIL import Image
from sqlalchemy import select

from server.accounts import audit
from server.accounts.access import Viewer
from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.evidence import media, routes, storage
from server.inspections.evidence.files import Files, _Half
from server.inspections.evidence.media import sniffed
from server.inspections.evidence.names import display_name
from server.inspections.evidence.wire import EvidencePiece
from server.inspections.tables import Evidence, Visit
from server.problems import Problem
from server.settings import Settings
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

MEGABYTE = 1024 * 1024


# ── files as programs write them ──


def picture(kind: str = "JPEG", colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, kind)
    return file.getvalue()


def zipped(**parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def office(main: str, *more: str, **parts: str) -> bytes:
    """A Microsoft document whose main part is of this type; `more` are types of other parts."""
    types = "".join(
        f'<Override PartName="/x{n}" ContentType="{one}"/>' for n, one in enumerate((main, *more))
    )
    listed = f'<?xml version="1.0"?><Types xmlns="urn:x">{types}</Types>'
    return zipped(**{"[Content_Types].xml": listed, "_rels/.rels": "<Relationships/>", **parts})


OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
WORD = f"{OFFICE}.wordprocessingml.document.main+xml"

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
DOCX = office(WORD, **{"word/document.xml": "<w:document/>"})
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64)
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(64)


def ole(*streams: str) -> bytes:
    """An old Office file: the header, then a directory that names these streams."""
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + (2 * len(name) + 2).to_bytes(2, "little") + bytes(62)
        for name in ("Root Entry", *streams)
    )
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + directory.ljust(512, b"\0")


GOOD = {
    "image/jpeg": picture("JPEG"),
    "image/png": picture("PNG"),
    "image/webp": picture("WEBP"),
    "video/mp4": MP4,
    "video/webm": WEBM,
    "application/pdf": PDF,
    f"{OFFICE}.wordprocessingml.document": DOCX,
    # a workbook inside does not make it two documents, wherever its own parts stand
    f"{OFFICE}.spreadsheetml.sheet": office(
        f"{OFFICE}.spreadsheetml.sheet.main+xml",
        f"{OFFICE}.spreadsheetml.sheet",
        **{"docProps/thumbnail.jpeg": "x" * 20_000, "xl/workbook.xml": "<workbook/>"},
    ),
    f"{OFFICE}.presentationml.presentation": office(f"{OFFICE}.presentationml.presentation.main+xml"),
    f"{OPEN}.text": zipped(mimetype=f"{OPEN}.text", **{"content.xml": "<x/>", "Basic/script-lc.xml": "<x/>"}),
    f"{OPEN}.spreadsheet": zipped(mimetype=f"{OPEN}.spreadsheet"),
    f"{OPEN}.presentation": zipped(mimetype=f"{OPEN}.presentation"),
    "application/msword": ole("WordDocument", "1Table"),
    "application/vnd.ms-excel": ole("Workbook"),
    "application/vnd.ms-powerpoint": ole("PowerPoint Document"),
}

HEIC = {
    "of a phone": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64),
    "of a camera": b"\0\0\0\x18ftypheix\0\0\0\0mif1heix" + bytes(64),
    "of a program": b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(64),
}

HTML = b"<!doctype html><script>alert(1)</script>"

BAD = {
    "html": HTML,
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "script": b"#!/bin/sh\nrm -rf /\n",
    "program": b"MZ" + bytes(300),
    "text": b"sekadar tulisan",
    "gif": picture("GIF"),
    "zip": zipped(**{"a.txt": "bukan dokumen"}),
    "zip that calls itself a PDF": zipped(mimetype="application/pdf"),
    "epub": zipped(mimetype="application/epub+zip"),
    "word without its list of parts": zipped(**{"word/document.xml": "<w:document/>"}),
    "broken zip": DOCX[:60],
    "installer": ole("Binary.bin"),
    "empty container": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
}

MACROS = {
    "docm": office("application/vnd.ms-word.document.macroEnabled.main+xml"),
    "docx with macros": office(WORD, **{"word/vbaProject.bin": "x"}),
    "docx with hidden macros": office(WORD, "application/vnd.ms-office.vbaProject", **{"word/data.bin": "x"}),
    "odt with macros": zipped(mimetype=f"{OPEN}.text", **{"Basic/Standard/Module1.xml": "<x/>"}),
    "doc with macros": ole("WordDocument", "Macros", "VBA"),
    "xls with macros": ole("Workbook", "_VBA_PROJECT_CUR"),
}


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def address(content: bytes) -> str:
    return f"/api/inspections/evidence/{sha256_of(content)}"


async def bring(person: Staff, content: bytes, name: str = "", sha256: str | None = None) -> httpx.Response:
    return await person.browser.put(
        f"/api/inspections/evidence/{sha256 or sha256_of(content)}",
        content=content,
        headers={"X-File-Name": quote(name), "Content-Type": "text/html"},
    )


async def brought(person: Staff, content: bytes) -> str:
    """Brings a file and tells its hash."""
    answered = await bring(person, content)
    assert answered.status_code in (200, 201), answered.text
    return sha256_of(content)


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.data / "evidence"


@pytest.fixture(autouse=True)
def _no_half_file_is_left(folder: Path) -> Iterator[None]:
    """Holds after each test of this file, whatever broke in it."""
    yield
    assert [file.name for file in folder.glob("half-*")] == []


@pytest_asyncio.fixture
async def eka(sign_in: SignIn) -> Staff:
    return await sign_in("eka")


@pytest_asyncio.fixture
async def budi(sign_in: SignIn) -> Staff:
    return await sign_in("budi")


# ── what is accepted ──


@pytest.mark.pure
@pytest.mark.parametrize("media_type", GOOD)
def test_every_accepted_type_is_known_by_its_bytes(media_type: str, tmp_path: Path) -> None:
    file = tmp_path / "tanpa-nama"
    file.write_bytes(GOOD[media_type])
    assert sniffed(file) == media_type


@pytest.mark.pure
@pytest.mark.parametrize("what", BAD)
def test_anything_else_is_refused_with_what_is_accepted(what: str, tmp_path: Path) -> None:
    file = tmp_path / "laporan.pdf"
    file.write_bytes(BAD[what])
    with pytest.raises(Problem, match=r"bad_evidence.*Yang diterima: foto JPEG"):
        sniffed(file)


@pytest.mark.pure
@pytest.mark.parametrize("what", HEIC)
def test_a_heic_photo_is_refused_and_says_what_to_do(what: str, tmp_path: Path) -> None:
    file = tmp_path / "foto.heic"
    file.write_bytes(HEIC[what])
    with pytest.raises(Problem, match=r"bad_evidence.*HEIC.*Ubah dahulu ke JPEG"):
        sniffed(file)


@pytest.mark.pure
@pytest.mark.parametrize("what", MACROS)
def test_a_document_with_macros_is_refused_and_says_why(what: str, tmp_path: Path) -> None:
    file = tmp_path / "laporan.docx"
    file.write_bytes(MACROS[what])
    with pytest.raises(Problem, match="berisi makro"):
        sniffed(file)


@pytest.mark.pure
def test_a_document_of_more_parts_than_any_has_is_refused(tmp_path: Path) -> None:
    for count, is_refused in ((1_000, False), (20_001, True)):
        file = tmp_path / f"{count}.docx"
        file.write_bytes(office(WORD, **{f"word/{number}.xml": "" for number in range(count)}))
        assert is_refused == (sniffed_or_refused(file) == "bad_evidence")


def sniffed_or_refused(file: Path) -> str:
    try:
        return sniffed(file)
    except Problem as problem:
        return problem.code


@pytest.mark.pure
@given(content=st.binary(max_size=400), begins=st.sampled_from([b"", *(one[:40] for one in GOOD.values())]))
def test_whatever_the_bytes_are_they_are_known_or_refused(
    content: bytes, begins: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "anything"
    file.write_bytes(begins + content)
    assert sniffed_or_refused(file) in {*GOOD, "bad_evidence"}


@pytest.mark.pure
@given(places=st.lists(st.tuples(st.integers(0, len(DOCX) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_forged_zip_is_known_or_refused(
    places: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    forged = bytearray(DOCX)
    for place, value in places:
        forged[place] = value
    file = tmp_path_factory.getbasetemp() / "forged"
    file.write_bytes(forged)
    assert sniffed_or_refused(file) in {*GOOD, "bad_evidence"}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ("Foto%20parkir.JPG", "Foto parkir.pdf"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd.pdf"),
        ("C%3A%5CUsers%5CBudi%5CSK%20Maklumat.docx", "SK Maklumat.pdf"),
        ("laporan.pdf.exe", "laporan.pdf"),
        ("Rekap 12.2026", "Rekap 12.2026.pdf"),
        ("a%0D%0ASet-Cookie%3A x=1", "a Set-Cookie- x=1.pdf"),
        ("gpj%E2%80%AEfdp.exe", "gpjfdp.pdf"),
        ("laporan%00.pdf", "laporan.pdf"),
        ("%FF%FE", "bukti.pdf"),
        ("", "bukti.pdf"),
        ("...", "bukti.pdf"),
        ("x" * 500, "x" * 100 + ".pdf"),
    ],
)
def test_a_name_is_shown_safely_and_with_its_true_extension(claimed: str, shown: str) -> None:
    assert display_name(claimed, "pdf") == shown


# ── bringing a file ──


async def test_a_file_is_held_under_its_hash_and_comes_back_byte_for_byte(eka: Staff, folder: Path) -> None:
    photo = picture(colour="teal")
    answered = await bring(eka, photo, "Ruang tunggu é.png")
    assert answered.status_code == 201
    assert answered.json() == {
        "sha256": sha256_of(photo),
        "media_type": "image/jpeg",
        "size_bytes": len(photo),
        "name": "Ruang tunggu é.jpg",
    }
    assert (folder / sha256_of(photo)[:2] / sha256_of(photo)).read_bytes() == photo
    fetched = await eka.browser.get(address(photo))
    assert fetched.status_code == 200
    assert fetched.content == photo


async def test_the_same_bytes_twice_are_held_once(eka: Staff, folder: Path) -> None:
    photo = picture(colour="blue")
    first = await bring(eka, photo, "a.jpg")
    written = (folder / sha256_of(photo)[:2] / sha256_of(photo)).stat()
    again = await bring(eka, photo, "nama lain.jpg")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    stands = (folder / sha256_of(photo)[:2] / sha256_of(photo)).stat()
    assert (stands.st_ino, stands.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


async def test_two_people_with_the_same_bytes_both_hold_them_and_learn_nothing_of_each_other(
    sign_in: SignIn, budi: Staff, database: Database
) -> None:
    citra, ani = await sign_in("citra"), await sign_in("ani")
    await bring(budi, PDF, "SK rahasia Budi.pdf")
    second = await bring(citra, PDF, "maklumat.pdf")
    assert second.status_code == 200
    fetched = await citra.browser.get(address(PDF))
    assert fetched.content == PDF
    assert "Budi" not in second.text + fetched.headers["content-disposition"]
    assert "Budi" in (await ani.browser.get(address(PDF))).headers["content-disposition"]
    async with database.reading() as session:
        acts = (await session.execute(select(AuditEvent.act, AuditEvent.actor).order_by(AuditEvent.id))).all()
    assert [tuple(one) for one in acts] == [("evidence_brought", "budi"), ("evidence_brought", "citra")]


async def test_many_who_bring_the_same_at_once_are_all_welcome(
    sign_in: SignIn, eka: Staff, budi: Staff
) -> None:
    people = [eka, budi, await sign_in("fajar"), await sign_in("citra")]
    answered = await asyncio.gather(*(bring(person, DOCX) for person in people * 3))
    assert sorted(one.status_code for one in answered) == [200] * 11 + [201]


@pytest.mark.parametrize(
    ("content", "sha256"),
    [
        pytest.param(PDF, sha256_of(DOCX), id="another hash"),
        pytest.param(PDF[:-3], sha256_of(PDF), id="cut on the way"),
        pytest.param(PDF, sha256_of(PDF).upper(), id="capitals"),
        pytest.param(PDF, "abc", id="no hash"),
        pytest.param(PDF, "..%2F..%2Floket.db", id="a way out"),
        pytest.param(b"", sha256_of(b""), id="empty"),
        pytest.param(HTML, sha256_of(HTML), id="html"),
    ],
)
async def test_what_is_not_as_announced_or_not_accepted_is_refused_and_not_kept(
    eka: Staff, folder: Path, content: bytes, sha256: str
) -> None:
    before = {file for file in folder.glob("**/*") if file.is_file()}
    refused = await bring(eka, content, "laporan.pdf", sha256)
    assert refused.status_code in (404, 422)
    assert refused.json()["code"] in ("bad_evidence", "damaged", "not_found")
    assert {file for file in folder.glob("**/*") if file.is_file()} == before


async def test_the_refusal_is_kept_in_the_audit_trail(eka: Staff, database: Database) -> None:
    await bring(eka, HTML, "laporan.pdf")
    async with database.reading() as session:
        event = (await session.scalars(select(AuditEvent).where(AuditEvent.act == "refused"))).one()
        assert "bad_evidence" in event.facts
        assert await audit.broken_seals(session) == []


@pytest.mark.parametrize(
    ("head", "size", "status"),
    [(PDF, 25, 201), (PDF, 26, 413), (picture(), 26, 413), (DOCX, 26, 413), (MP4, 26, 201), (MP4, 101, 413)],
)
async def test_each_type_has_its_limit_and_the_stream_is_stopped_there(
    eka: Staff, folder: Path, head: bytes, size: int, status: int
) -> None:
    whole = head + bytes(size * MEGABYTE - len(head))
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for start in range(0, len(whole), MEGABYTE):
            sent += 1
            yield whole[start : start + MEGABYTE]

    answered = await eka.browser.put(address(whole), content=body())
    assert answered.status_code == status, answered.text
    if status == 413:
        most = 100 if head is MP4 else 25
        assert f"{most} MB" in answered.json()["detail"]
    else:
        assert sent == size
        (folder / sha256_of(whole)[:2] / sha256_of(whole)).unlink()


async def test_more_than_the_limit_is_not_read(tmp_path: Path) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield PDF
        while True:
            read += 1
            yield bytes(MEGABYTE)

    with pytest.raises(Problem, match="too_large"):
        await Files(tmp_path).receive(endless(), "a" * 64)
    assert read == 25
    assert list(tmp_path.iterdir()) == []


async def test_what_begins_like_nothing_accepted_is_not_read_on(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield HTML * 1000

    with pytest.raises(Problem, match="Yang diterima"):
        await Files(tmp_path).receive(endless(), "a" * 64)
    assert list(tmp_path.iterdir()) == []


async def test_a_stream_cancelled_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    halfway = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield PDF + bytes(2 * MEGABYTE)
        halfway.set()
        await asyncio.Event().wait()

    receiving = asyncio.create_task(Files(tmp_path).receive(stuck(), "a" * 64))
    await halfway.wait()
    assert len(list(tmp_path.iterdir())) == 1
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert list(tmp_path.iterdir()) == []


def test_a_thread_that_writes_after_all_is_lost_leaves_nothing(tmp_path: Path) -> None:
    half = _Half(tmp_path)
    half.discard()
    half.write(PDF)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("turns", range(12))
async def test_whenever_it_is_cancelled_a_file_is_whole_or_not_there(tmp_path: Path, turns: int) -> None:
    content = PDF + bytes(3 * MEGABYTE)

    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(content), MEGABYTE):
            yield content[start : start + MEGABYTE]

    receiving = asyncio.create_task(Files(tmp_path).receive(body(), sha256_of(content)))
    for _ in range(turns):
        await asyncio.sleep(0.0005)
    # twice, as a server that is in a hurry would
    for _ in range(2):
        receiving.cancel()
        await asyncio.sleep(0)
    await asyncio.gather(receiving, return_exceptions=True)
    left = [tmp_path / name for name in await Files(tmp_path).names()]
    assert [file.read_bytes() == content for file in left] in ([], [True])
    # a thread that nobody waits for any more may still be at it, and cleans up
    async with asyncio.timeout(10):
        while list(tmp_path.glob("half-*")):
            await asyncio.sleep(0.01)


async def test_a_broken_connection_is_refused_and_leaves_nothing(eka: Staff, app: Litestar) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in eka.browser.cookies.items())
    events = [
        {"type": "http.request", "body": PDF, "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0) if events else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PUT",
        "path": address(PDF),
        "raw_path": address(PDF).encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("loket.test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(b"cookie", cookies.encode()), (b"host", b"loket.test")],
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 400
    assert (await eka.browser.get(address(PDF))).status_code == 404


async def test_a_full_disk_is_told_and_leaves_nothing(
    eka: Staff, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_place: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with caplog.at_level(logging.ERROR, "loket"):
        refused = await bring(eka, PDF)
    monkeypatch.undo()
    assert (refused.status_code, refused.json()["code"]) == (507, "no_room")
    assert "no room for evidence" in caplog.text
    assert (await eka.browser.get(address(PDF))).status_code == 404
    assert (await bring(eka, PDF)).status_code == 201


async def test_what_a_killed_process_left_is_cleared_the_next_day(tmp_path: Path) -> None:
    old, young = tmp_path / "half-old", tmp_path / "half-young"
    for file in (old, young):
        file.write_bytes(PDF)
    a_day_ago = datetime.now(UTC).timestamp() - 25 * 60 * 60
    os.utime(old, (a_day_ago, a_day_ago))

    async def body() -> AsyncIterator[bytes]:
        yield PDF

    await Files(tmp_path).receive(body(), sha256_of(PDF))
    assert not old.exists()
    assert young.exists()


# ── fetching it ──


async def test_only_pictures_are_shown_in_place_and_nothing_can_act(eka: Staff) -> None:
    for media_type, content in GOOD.items():
        await brought(eka, content)
        headers = (await eka.browser.get(address(content))).headers
        assert headers["content-type"] == media_type
        is_inline = media_type in ("image/jpeg", "image/png", "image/webp")
        assert headers["content-disposition"].startswith("inline;" if is_inline else "attachment;")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "private, no-store"
        assert headers["content-length"] == str(len(content))


async def test_a_page_dressed_as_a_pdf_is_only_ever_saved(eka: Staff) -> None:
    polyglot = b"%PDF-1.4\n" + HTML
    assert (await bring(eka, polyglot, "x.html")).json()["name"] == "x.pdf"
    headers = (await eka.browser.get(address(polyglot))).headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == "attachment; filename=\"x.pdf\"; filename*=UTF-8''x.pdf"
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_name_in_any_alphabet_is_told_safely(eka: Staff) -> None:
    await bring(eka, PDF, 'Kantor "Méla"; ti\r\nX: y.pdf')
    told = (await eka.browser.get(address(PDF))).headers["content-disposition"]
    assert told == (
        "attachment; filename=\"Kantor -Mela-- ti X- y.pdf\"; filename*=UTF-8''Kantor%20-M%C3%A9la--%20ti%20X-%20y.pdf"
    )


async def test_who_is_not_signed_in_or_only_verifies_brings_nothing(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    assert (await client.put(address(PDF), content=PDF)).status_code == 401
    assert (await client.get(address(PDF))).status_code == 401
    for name in ("ani", "gita"):
        assert (await bring(await sign_in(name), PDF)).status_code == 403


@pytest.mark.parametrize("sha256", ["f" * 64, "F" * 64, "abc", "a" * 64 + "%0A"])
async def test_what_nobody_brought_is_not_there(eka: Staff, sha256: str) -> None:
    missing = await eka.browser.get(f"/api/inspections/evidence/{sha256}")
    assert missing.status_code == 404
    assert missing.json()["code"] == "no_such_evidence"


async def test_a_file_that_is_lost_or_cut_on_the_disk_is_our_fault_and_logged(
    eka: Staff, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = folder / (await brought(eka, PDF))[:2] / sha256_of(PDF)
    for break_it in (lambda: file.write_bytes(PDF[:5]), file.unlink):
        break_it()
        with caplog.at_level(logging.ERROR, "loket"):
            refused = await eka.browser.get(address(PDF))
        assert (refused.status_code, refused.json()["code"]) == (500, "broken")
        assert sha256_of(PDF) in caplog.text
        caplog.clear()
    # brought again it is there again
    assert (await bring(eka, PDF)).status_code == 200
    assert (await eka.browser.get(address(PDF))).content == PDF


# ── what it proves ──


class Recording:
    """Somebody who attaches evidence to a visit."""

    def __init__(self, database: Database, cast: Cast, clock: Clock, round_: Round) -> None:
        self.database, self.cast, self.clock, self.round = database, cast, clock, round_

    def viewer(self, name: str) -> Viewer:
        person = self.cast.people[name]
        unit = {"budi": self.cast.a, "citra": self.cast.b}.get(name)
        return Viewer(
            person.id, name, person.name, person.role, unit.id if unit else None, unit.path if unit else None
        )

    async def attach(
        self,
        name: str,
        visit_id: UUID,
        *pieces: dict[str, Any],
        indicator: str = "16",
        purpose: Any = "finding",
    ) -> None:
        sent = [msgspec.convert(piece, EvidencePiece) for piece in pieces]
        async with self.database.writing() as session:
            visit = await session.get_one(Visit, visit_id)
            found = self.round.instrument.indicator(indicator)
            assert found is not None
            await storage.attach(session, self.viewer(name), self.clock.now, visit, found, purpose, sent)

    async def remove(self, name: str, visit_id: UUID, evidence_id: str, indicator: str = "16") -> None:
        async with self.database.writing() as session:
            visit = await session.get_one(Visit, visit_id)
            found = self.round.instrument.indicator(indicator)
            assert found is not None
            await storage.removed(session, self.viewer(name), self.clock.now, visit, found, UUID(evidence_id))

    async def rows(self, visit_id: UUID) -> list[Evidence]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(Evidence).where(Evidence.visit_id == visit_id)))


@pytest_asyncio.fixture
async def recording(database: Database, cast: Cast, clock: Clock, begin: Begin) -> Recording:
    """Over PEKPPP 2022, whose indicator 16 (the waiting room) takes photos, videos and observations."""
    return Recording(database, cast, clock, await begin("pekppp/2022"))


def piece(kind: str = "photo", **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": kind, **more}


async def test_a_photo_proves_a_finding_with_what_the_phone_claims(eka: Staff, recording: Recording) -> None:
    visit = await recording.round.visit("eka", recording.cast.a, state="draft", proven=False)
    sent = piece(
        sha256=await brought(eka, picture()),
        caption="  Kursi tunggu  ",
        captured_at="1999-01-01T07:00:00.123456+07:00",
        latitude=-7.1872,
        longitude=113.2394,
        accuracy_m=12.5,
        source="camera",
    )
    await recording.attach("eka", visit, sent)
    (row,) = await recording.rows(visit)
    assert (row.kind, row.caption, row.purpose, row.indicator) == ("photo", "Kursi tunggu", "finding", "16")
    assert row.captured_at == datetime(1999, 1, 1, 0, 0, 0, 123_000, tzinfo=UTC)
    assert (row.latitude, row.longitude, row.accuracy_m, row.source) == (-7.1872, 113.2394, 12.5, "camera")
    assert (row.unit_id, row.added_by) == (recording.cast.a.id, recording.cast.people["eka"].id)


async def test_the_same_piece_sent_again_is_the_same_and_another_under_its_id_is_refused(
    eka: Staff, recording: Recording
) -> None:
    visit = await recording.round.visit("eka", recording.cast.a, state="draft", proven=False)
    sent = piece(sha256=await brought(eka, picture()), captured_at="2026-11-20T09:00:00.123456+07:00")
    await recording.attach("eka", visit, sent, sent)
    recording.clock.forward(hours=1)
    await recording.attach("eka", visit, sent)
    assert len(await recording.rows(visit)) == 1
    for change in ({"caption": "lain"}, {"kind": "video"}, {"source": "camera"}, {"captured_at": None}):
        with pytest.raises(Problem, match="id_taken"):
            await recording.attach("eka", visit, {**sent, **change})
    with pytest.raises(Problem, match="id_taken"):
        await recording.attach("eka", visit, sent, purpose="repair")


async def test_a_file_the_viewer_never_brought_proves_nothing(
    budi: Staff, sign_in: SignIn, recording: Recording
) -> None:
    sha256 = await brought(budi, picture())
    visit = await recording.round.visit("citra", recording.cast.b, state="draft", form="F-01", proven=False)
    with pytest.raises(Problem, match=f"unknown_evidence.*{sha256}"):
        await recording.attach("citra", visit, piece(sha256=sha256))
    assert await recording.rows(visit) == []
    await brought(await sign_in("citra"), picture())
    await recording.attach("citra", visit, piece(sha256=sha256))
    assert len(await recording.rows(visit)) == 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind": "photo", "sha256": "pdf"}, r"Berkas \.pdf tidak dapat menjadi bukti foto"),
        ({"kind": "photo", "sha256": "mp4"}, r"Berkas \.mp4 tidak dapat menjadi bukti foto"),
        ({"kind": "video", "sha256": "jpg"}, r"Berkas \.jpg tidak dapat menjadi bukti video"),
        ({"kind": "photo"}, "memerlukan berkas"),
        ({"kind": "interview", "caption": "wawancara dengan satpam"}, "tidak menerima catatan wawancara"),
        ({"kind": "photo", "sha256": "jpg", "latitude": 1.0}, "keduanya"),
        ({"kind": "photo", "sha256": "jpg", "latitude": 90.5, "longitude": 1.0}, "Lintang harus"),
        ({"kind": "photo", "sha256": "jpg", "latitude": 1.0, "longitude": -181.0}, "Bujur harus"),
        ({"kind": "photo", "sha256": "jpg", "accuracy_m": -1.0}, "Ketelitian"),
        ({"kind": "photo", "sha256": "jpg", "caption": "x" * 2001}, "paling banyak 2000"),
    ],
)
async def test_a_piece_that_proves_nothing_is_refused_in_words(
    eka: Staff, recording: Recording, sent: dict[str, Any], said: str
) -> None:
    visit = await recording.round.visit("eka", recording.cast.a, state="draft", proven=False)
    files = {"pdf": PDF, "mp4": MP4, "jpg": picture()}
    if "sha256" in sent:
        sent = {**sent, "sha256": await brought(eka, files[sent["sha256"]])}
    with pytest.raises(Problem, match=said) as caught:
        await recording.attach("eka", visit, piece(**sent))
    assert caught.value.code == "bad_evidence"
    assert await recording.rows(visit) == []


async def test_words_prove_where_the_instrument_names_no_kinds(
    eka: Staff, database: Database, cast: Cast, clock: Clock, begin: Begin
) -> None:
    recording = Recording(database, cast, clock, await begin("pekppp/2022-b"))
    key = "c.1"
    visit = await recording.round.visit("eka", cast.a, state="draft", proven=False)
    await recording.attach("eka", visit, piece("interview", caption="Satpam: penuh"), indicator=key)
    (row,) = await recording.rows(visit)
    assert (row.kind, row.sha256, row.caption) == ("interview", None, "Satpam: penuh")
    with pytest.raises(Problem, match="paling sedikit 10 huruf"):
        await recording.attach("eka", visit, piece("observation", caption="  penuh   "), indicator=key)
    with pytest.raises(Problem, match="tanpa berkas"):
        sha256 = await brought(eka, picture())
        words = piece("observation", caption="Parkir penuh sekali", sha256=sha256)
        await recording.attach("eka", visit, words, indicator=key)


async def test_a_removed_piece_stays_on_record_and_comes_back_when_it_is_sent_again(
    eka: Staff, recording: Recording
) -> None:
    visit = await recording.round.visit("eka", recording.cast.a, state="draft", proven=False)
    sent = piece(sha256=await brought(eka, picture()))
    await recording.attach("eka", visit, sent)
    with pytest.raises(Problem, match="no_such_evidence"):
        await recording.remove("budi", visit, sent["id"])
    with pytest.raises(Problem, match="no_such_evidence"):
        await recording.remove("eka", visit, sent["id"], indicator="17")
    removed_at = recording.clock.forward(minutes=5)
    await recording.remove("eka", visit, sent["id"])
    recording.clock.forward(minutes=5)
    await recording.remove("eka", visit, sent["id"])
    (row,) = await recording.rows(visit)
    assert row.removed_at == removed_at
    await recording.attach("eka", visit, sent)
    (row,) = await recording.rows(visit)
    assert row.removed_at is None
    async with recording.database.reading() as session:
        acts = list(await session.scalars(select(AuditEvent.act).order_by(AuditEvent.id)))
        assert acts == [
            "evidence_brought",
            "evidence_attached",
            "evidence_removed",
            "evidence_attached",
        ]
        assert await audit.broken_seals(session) == []


# ── who sees it ──


async def test_a_file_is_seen_by_whom_the_visit_concerns(
    sign_in: SignIn, eka: Staff, recording: Recording
) -> None:
    people = {name: await sign_in(name) for name in ("ani", "gita", "budi", "citra", "fajar")}
    photo = picture(colour="green")
    verified = await recording.round.visit("eka", recording.cast.a, proven=False)
    sent = piece(sha256=await brought(eka, photo))

    async def seers() -> set[str]:
        return {
            name for name, one in people.items() if (await one.browser.get(address(photo))).status_code == 200
        }

    assert await seers() == {"ani", "gita"}
    await recording.attach("eka", verified, sent)
    assert await seers() == {"ani", "gita", "budi"}
    await recording.remove("eka", verified, sent["id"])
    assert await seers() == {"ani", "gita"}
    assert (await eka.browser.get(address(photo))).status_code == 200
    assert (await people["citra"].browser.get(address(photo))).json()["code"] == "no_such_evidence"


async def test_an_officer_does_not_see_what_a_visit_shows_before_it_is_verified(
    budi: Staff, eka: Staff, recording: Recording
) -> None:
    photo = picture(colour="olive")
    submitted = await recording.round.visit("eka", recording.cast.a, state="submitted", proven=False)
    await recording.attach("eka", submitted, piece(sha256=await brought(eka, photo)))
    assert (await budi.browser.get(address(photo))).status_code == 404


async def test_an_inspector_sees_what_a_unit_brings_against_their_own_visit_only(
    budi: Staff, eka: Staff, sign_in: SignIn, recording: Recording
) -> None:
    photo = picture(colour="navy")
    verified = await recording.round.visit("eka", recording.cast.a, proven=False)
    sent = piece(sha256=await brought(budi, photo))
    await recording.attach("budi", verified, sent, purpose="reply")
    assert (await eka.browser.get(address(photo))).status_code == 200
    assert (await (await sign_in("fajar")).browser.get(address(photo))).status_code == 404
    with pytest.raises(Problem, match="no_such_evidence"):
        await recording.remove("eka", verified, sent["id"])


async def test_a_type_that_was_accepted_once_is_still_given_out(
    eka: Staff, budi: Staff, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    heic = HEIC["of a phone"]
    with monkeypatch.context() as then:
        then.setattr(media, "ACCEPTED", media.KNOWN)
        then.setattr(routes, "ACCEPTED", media.KNOWN)
        await brought(eka, heic)
    visit = await recording.round.visit("eka", recording.cast.a, proven=False)
    await recording.attach("eka", visit, piece(sha256=sha256_of(heic)))
    for reader in (eka, budi):
        fetched = await reader.browser.get(address(heic))
        assert (fetched.status_code, fetched.content) == (200, heic)
        assert fetched.headers["content-type"] == "image/heic"
        assert fetched.headers["content-disposition"].endswith(".heic")
    assert (await bring(eka, heic)).status_code == 422


# ── finding what is lost ──


async def test_verification_finds_what_is_missing_changed_or_of_nobody(
    eka: Staff, database: Database, folder: Path
) -> None:
    for file in folder.glob("**/*"):
        if file.is_file():
            file.unlink()
    files = Files(folder)

    async def flaws() -> list[tuple[str, str]]:
        async with database.reading() as session:
            return [(one.what, one.path[3:]) async for one in storage.lost_or_changed(session, files)]

    kept, changed, lost = [await brought(eka, picture(colour=one)) for one in ("red", "blue", "lime")]
    assert await flaws() == []
    with files.path_of(changed).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"!")
    files.path_of(lost).unlink()
    stray = folder / kept[:2] / ("0" * 64)
    stray.write_bytes(PDF)
    assert set(await flaws()) == {("changed", changed), ("missing", lost), ("orphan", "0" * 64)}
    assert stray.exists()
    stray.unlink()
    files.path_of(changed).unlink()
