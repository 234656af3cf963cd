"""A queue file brought in: judged as its author's, twice is once, and whatever is wrong with it harms nothing else."""

import asyncio
import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from litestar import Litestar
from PIL import Image
from sqlalchemy import select

from server.__main__ import main
from server.accounts.storage import viewer_named
from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.tables import AwaitedEvidence, Evidence, Visit
from server.problems import Problem
from server.settings import Settings
from server.sync import queue_file as limits
from server.sync.importing import TOGETHER, Imported, import_queue
from server.sync.queue_file import open_queue
from server.sync.tables import LedgerItem
from tests.cast import Cast
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.sync.conftest import PagesLeft
from tests.sync.phone import Phone
from tests.sync.queue_files import manifest_of, queue_file
from tests.sync.room import Room

Bring = Callable[..., Any]


def jpeg(shade: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 120)).save(content, "JPEG")
    return content.getvalue()


def note(phone: Phone, said: str = "toilet bersih", **facts: Any) -> Any:
    return phone.freeze({"person": "eka", "text": said, **facts}, kind="note")


@pytest.fixture
def bring(app: Litestar, clock: Clock, cast: Cast) -> Bring:
    """Gita brings a file in."""

    async def by_gita(file: Path) -> Imported:
        async with app.state.database.reading() as session:
            gita = await viewer_named(session, "gita")
        return await import_queue(app.state.database, app.state.rooms, file, clock.now, gita)

    return by_gita


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "loket-antrean-eka-20261120-1000.zip"


async def ledger(database: Database) -> list[LedgerItem]:
    async with database.reading() as session:
        return list(await session.scalars(select(LedgerItem).order_by(LedgerItem.seq)))


# ── what a phone wrote ──


async def test_every_item_is_stored_as_its_authors_and_says_who_brought_it(
    room: Room, eka: Phone, bring: Bring, place: Path, database: Database, cast: Cast
) -> None:
    items = [note(eka, "satu"), note(eka, "dua")]
    done = await bring(queue_file(place, eka, items))
    assert (done.person, done.accepted, done.refused, done.is_whole) == ("eka", 2, [], True)
    assert [pushed.body for pushed in room.pushed] == [item.text for item in items]
    for row, item in zip(await ledger(database), items, strict=True):
        assert (row.id, row.body, row.status) == (item.id, item.text, "accepted")
        assert (row.person_id, row.brought_by) == (cast.people["eka"].id, cast.people["gita"].id)
        assert (row.device_id, row.seq) == (eka.device_id, item.seq)


async def test_twice_is_once_and_what_was_pushed_meanwhile_is_there_already(
    room: Room, eka: Phone, bring: Bring, place: Path, database: Database
) -> None:
    items = [note(eka, "satu"), note(eka, "dua")]
    await eka.push(items[0])
    file = queue_file(place, eka, items)
    first, second = await bring(file), await bring(file)
    assert (first.accepted, first.duplicates) == (1, 1)
    assert (second.accepted, second.duplicates) == (0, 2)
    assert len(await ledger(database)) == len(room.pushed) == 2
    assert [one["status"] for one in await eka.push(*items)] == ["duplicate", "duplicate"]


async def test_whoever_brings_a_visit_does_not_verify_it(
    eka: Phone,
    round_: Round,
    bring: Bring,
    place: Path,
    sign_in: Callable[[str], Any],
    database: Database,
    cast: Cast,
) -> None:
    gita, ani = await sign_in("gita"), await sign_in("ani")
    item, photo = eka.freeze(eka.inspection(round_)), jpeg(7)
    assert (await bring(queue_file(place, eka, [item], [photo]))).accepted == 1
    address = f"/api/inspections/visits/{item.id}/verification"
    refused = await gita.browser.post(address)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_work")
    page = f"/staff/inspections/visits/{item.id}"
    assert f'action="{page}/verification"' not in (await gita.get(page)).text
    assert f'action="{page}/verification"' in (await ani.get(page)).text
    async with database.reading() as session:
        told = await session.scalars(
            select(AuditEvent).where(AuditEvent.act.in_(["visit_received", "evidence_brought"]))
        )
        assert [json.loads(one.facts)["brought_by"] for one in told] == [cast.people["gita"].id] * 2
    assert (await ani.browser.post(address)).json()["code"] != "own_work"


@pytest.mark.parametrize("comes_first", ["push", "file"])
async def test_what_its_author_sent_as_well_is_theirs_whoever_brought_it(
    room: Room, eka: Phone, bring: Bring, place: Path, database: Database, comes_first: str
) -> None:
    item = note(eka, refuse="not_assigned")
    file = queue_file(place, eka, [item])
    if comes_first == "push":
        await eka.push(item)
    await bring(file)
    await eka.push(item)
    room.is_forgiving = True
    await bring(file)
    (kept,) = await ledger(database)
    assert (kept.status, kept.brought_by) == ("accepted", None)
    assert room.pushed[-1].brought_by is None


async def test_what_is_refused_is_told_and_kept_and_stops_no_other(
    room: Room, eka: Phone, bring: Bring, place: Path, database: Database
) -> None:
    items = [note(eka, refuse="bad_finding"), note(eka, refuse="stale_revision"), note(eka, "baik")]
    done = await bring(queue_file(place, eka, items))
    assert (done.accepted, done.is_whole) == (1, False)
    assert [(one.what, one.code) for one in done.refused] == [(str(items[0].id), "bad_finding")]
    assert [(one.what, one.code) for one in done.conflicts] == [(str(items[1].id), "stale_revision")]
    assert [row.status for row in await ledger(database)] == ["rejected", "conflict", "accepted"]


async def test_what_somebody_put_in_beside_it_is_not_taken_for_its_owners(
    room: Room, eka: Phone, bring: Bring, place: Path, database: Database
) -> None:
    forged, own = note(eka, person="fajar"), note(eka)
    done = await bring(queue_file(place, eka, [forged, own]))
    assert [one.code for one in done.refused] == ["not_their_work"]
    assert [row.id for row in await ledger(database)] == [own.id]


async def test_other_bytes_than_the_manifest_says_are_damaged_and_leave_no_row(
    room: Room, eka: Phone, bring: Bring, place: Path, database: Database
) -> None:
    changed, missing, own = note(eka, "satu"), note(eka, "dua"), note(eka, "tiga")
    name = f"items/{changed.id}.{changed.sha256[:8]}.json"
    file = queue_file(place, eka, [changed, own], entries={name: b'{"person": "eka", "text": "lain"}'})
    manifest = json.dumps(manifest_of(eka, [changed, missing, own])).encode()
    done = await bring(
        queue_file(file, eka, [changed, own], entries={name: b"{}", "manifest.json": manifest})
    )
    assert [one.code for one in done.refused] == ["damaged", "damaged"]
    assert [row.id for row in await ledger(database)] == [own.id]


async def test_a_file_that_the_app_itself_wrote_is_read(room: Room, bring: Bring) -> None:
    # made by web/app/offline/export.js's own zip writer: sizes and checks stand behind each entry
    done = await bring(Path(__file__).parent / "exported_by_the_app.zip")
    assert (done.accepted, done.refused) == (1, [])
    assert "toilet bersih" in room.pushed[0].body.decode()


async def test_a_packed_again_file_is_as_good(room: Room, eka: Phone, bring: Bring, place: Path) -> None:
    done = await bring(queue_file(place, eka, [note(eka)], means=zipfile.ZIP_DEFLATED))
    assert done.accepted == 1


async def test_what_was_broken_on_the_stick_stops_no_other(
    room: Room, eka: Phone, bring: Bring, place: Path
) -> None:
    broken, own = note(eka, "satu dua tiga"), note(eka, "empat")
    content = bytearray(queue_file(place, eka, [broken, own]).read_bytes())
    at = content.index(broken.text)
    content[at + 20] ^= 1
    place.write_bytes(content)
    done = await bring(place)
    assert [one.code for one in done.refused] == ["damaged"]
    assert done.accepted == 1


# ── visits and their photos ──


@pytest.mark.parametrize("photos_come", ["first", "last"])
async def test_a_visit_and_its_photos_arrive_whichever_came_first(
    round_: Round, eka: Phone, bring: Bring, place: Path, tmp_path: Path, database: Database, photos_come: str
) -> None:
    photos = {"5": jpeg(10), "6": jpeg(200)}
    item = eka.freeze(eka.inspection(round_, photos=photos))
    parts = [
        queue_file(tmp_path / "photos.zip", eka, [], list(photos.values())),
        queue_file(place, eka, [item]),
    ]
    told = [await bring(part) for part in (parts if photos_come == "first" else reversed(parts))]
    assert sum(one.accepted for one in told) == 1 and sum(one.photos_new for one in told) == 2
    async with database.reading() as session:
        visit = await session.get_one(Visit, item.id)
        assert visit.state == "submitted"
        shown = set(await session.scalars(select(Evidence.sha256).where(Evidence.visit_id == item.id)))
        assert shown == {sha256(photo).hexdigest() for photo in photos.values()}
        assert list(await session.scalars(select(AwaitedEvidence))) == []
    again = await bring(queue_file(place, eka, [item], list(photos.values())))
    assert (again.accepted, again.duplicates, again.photos_new, again.photos_held) == (0, 1, 0, 2)


async def test_a_bad_photo_stops_no_other(round_: Round, eka: Phone, bring: Bring, place: Path) -> None:
    no_picture, other, picture = b"GIF87a no picture of ours", jpeg(90), jpeg(120)
    name = f"photos/{sha256(other).hexdigest()}"
    done = await bring(queue_file(place, eka, [], [no_picture, other, picture], entries={name: jpeg(91)}))
    assert [one.what for one in done.photos_refused] == [
        sha256(no_picture).hexdigest(),
        sha256(other).hexdigest(),
    ]
    assert [one.code for one in done.photos_refused] == ["bad_evidence", "damaged"]
    assert (done.photos_new, done.is_whole) == (1, False)


# ── what goes wrong here ──


async def test_a_full_disk_stops_a_photo_and_is_told_with_the_rest(
    round_: Round, eka: Phone, bring: Bring, place: Path, tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tiny_disk))
    item, large, small = eka.freeze(eka.inspection(round_)), bytes(2_000_000), jpeg(90)
    done = await bring(queue_file(place, eka, [item], [large, small]))
    assert (done.accepted, done.photos_new, done.is_whole) == (1, 1, False)
    assert [(one.what, one.code) for one in done.photos_refused] == [(sha256(large).hexdigest(), "no_room")]
    assert "Penyimpanan server penuh" in done.photos_refused[0].detail


@pytest.mark.sqlite
async def test_a_full_database_keeps_what_had_room_and_tells_of_the_rest(
    room: Room, eka: Phone, bring: Bring, place: Path, database: Database, pages_left: PagesLeft
) -> None:
    items = [note(eka, str(number) * (1 if number < TOGETHER else 40_000)) for number in range(TOGETHER + 9)]
    file = queue_file(place, eka, items)
    async with pages_left(30):
        done = await bring(file)
    assert done.accepted == TOGETHER
    assert [one.code for one in done.refused] == ["no_room"] * 9
    assert len(await ledger(database)) == TOGETHER
    again = await bring(file)
    assert (again.accepted, again.duplicates) == (9, TOGETHER)


async def test_whoever_meets_another_in_a_circle_tries_again(
    room: Room, eka: Phone, fajar: Phone, bring: Bring, place: Path, cast: Cast
) -> None:
    units = [cast.a.slug, cast.b.slug]
    brought = queue_file(place, eka, [note(eka, unit=slug) for slug in units])
    pushed = [note(fajar, person="fajar", unit=slug) for slug in reversed(units)]
    bringing = asyncio.create_task(bring(brought))
    while not room.pushed:
        await asyncio.sleep(0.001)
    results = await fajar.push(*pushed)
    assert ((await bringing).accepted, [one["status"] for one in results]) == (2, ["accepted"] * 2)


# ── what is no queue file ──


def refused(file: Path) -> str:
    with pytest.raises(Problem) as caught:
        open_queue(file)
    assert caught.value.code == "bad_file"
    return caught.value.detail


async def test_what_is_cut_off_or_no_zip_is_refused_whole(eka: Phone, place: Path) -> None:
    whole = queue_file(place, eka, [note(eka)]).read_bytes()
    for cut in (
        b"",
        b"PK",
        b"bukan zip" * 100,
        whole[:-1],
        whole[: len(whole) // 2],
        whole + b"x",
        b"x" + whole,
    ):
        place.write_bytes(cut)
        assert "utuh" in refused(place)


async def test_a_zip_that_is_no_queue_is_refused(eka: Phone, place: Path) -> None:
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("foto.jpg", b"x")
    assert "manifest.json" in refused(place)
    for content in (b"", b"[]", b"{}", b"\xff{", b'{"format": "lain"}', b'{"items": ' * 9_000):
        queue_file(place, eka, [], entries={"manifest.json": content})
        assert "tidak terbaca" in refused(place)
    assert "lebih baru" in refused(queue_file(place, eka, [], wire=2))


async def test_names_that_lead_elsewhere_are_never_followed(
    room: Room, eka: Phone, bring: Bring, place: Path, tmp_path: Path
) -> None:
    item = note(eka)
    manifest = manifest_of(eka, [item], [b"x"])
    manifest["items"][0]["file"] = "../../etc/passwd"
    manifest["photos"][0] |= {"sha256": "../../../../tmp/loket-traversal", "file": "/tmp/loket-traversal"}
    queue_file(place, eka, [item], entries={"manifest.json": json.dumps(manifest).encode()})
    assert "tidak terbaca" in refused(place)
    manifest["photos"] = []
    queue_file(place, eka, [item], entries={"manifest.json": json.dumps(manifest).encode()})
    # a name of its own choosing is not even looked at
    assert (await bring(place)).accepted == 1
    assert not Path("/tmp/loket-traversal").exists()


async def test_too_many_or_too_large_is_refused_before_anything_is_unpacked(
    eka: Phone, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = {"means": zipfile.ZIP_DEFLATED}
    item = eka.freeze(b'"' + b"x" * limits.ITEM_MOST_BYTES + b'"', kind="note")
    assert "1 MB" in refused(queue_file(place, eka, [item], **packed))
    photo = bytes(limits.PHOTO_MOST_BYTES + 1)
    assert "25 MB" in refused(queue_file(place, eka, [], [photo], **packed))
    with zipfile.ZipFile(place, "w") as archive:
        for number in range(limits.ENTRIES_MOST + 1):
            archive.writestr(str(number), b"")
    assert "5000" in refused(place)
    listed = [note(eka)] * (limits.ITEMS_MOST + 1)
    manifest = json.dumps(manifest_of(eka, listed)).encode()
    assert "tidak terbaca" in refused(queue_file(place, eka, [], entries={"manifest.json": manifest}))
    # the same photo named again and again is unpacked again and again
    photo = bytes(20 * limits.MEGABYTE)
    again = manifest_of(eka, [], [photo] * 103)
    queue_file(place, eka, [], [photo], entries={"manifest.json": json.dumps(again).encode()}, **packed)
    assert "2 GB" in refused(place)


async def test_a_file_that_lies_about_its_sizes_gives_no_more_than_it_says(
    room: Room, eka: Phone, bring: Bring, place: Path
) -> None:
    item = note(eka, "x" * 5_000)
    queue_file(place, eka, [item], means=zipfile.ZIP_DEFLATED)
    content = bytearray(place.read_bytes())
    name = f"items/{item.id}.{item.sha256[:8]}.json".encode()
    # its line in the list at the end says the unpacked size 22 bytes before its name
    at = content.rindex(name) - 46
    assert struct.unpack_from("<L", content, at + 24)[0] == len(item.text)
    struct.pack_into("<L", content, at + 24, 100)
    place.write_bytes(content)
    done = await bring(place)
    assert [one.code for one in done.refused] == ["damaged"]


async def test_a_locked_file_and_the_extension_for_large_ones_are_refused(eka: Phone, place: Path) -> None:
    content = bytearray(queue_file(place, eka, [note(eka)]).read_bytes())
    at = content.rindex(b"PK\1\2")
    content[at + 8] |= 1
    place.write_bytes(content)
    assert "kata sandi" in refused(place)
    whole = queue_file(place, eka, [note(eka)]).read_bytes()
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    end = bytearray(whole[-22:])
    struct.pack_into("<L", end, 12, struct.unpack_from("<L", end, 12)[0] + len(locator))
    place.write_bytes(whole[:-22] + locator + end)
    assert "5000" in refused(place)


async def test_a_list_that_points_beyond_any_file_is_no_queue(eka: Phone, place: Path) -> None:
    content = queue_file(place, eka, []).read_bytes()
    at, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    name = b"manifest.json"
    extra = struct.pack("<HHQ", 1, 8, 2**63 - 1)
    line = bytearray(content[at : at + 46])
    struct.pack_into("<H", line, 30, len(extra))
    struct.pack_into("<L", line, 42, 0xFFFF_FFFF)
    listed = bytes(line) + name + extra
    ending = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(listed), at, 0)
    assert end > at
    place.write_bytes(content[:at] + listed + ending)
    assert "manifest.json" in refused(place)


async def test_somebody_who_has_no_account_here_brings_nothing(
    room: Room, eka: Phone, bring: Bring, place: Path, database: Database
) -> None:
    with pytest.raises(Problem, match=r"bad_file.*“siapa”"):
        await bring(queue_file(place, eka, [note(eka)], person="siapa"))
    assert await ledger(database) == []


# ── the command line ──


async def test_the_command_tells_what_became_of_the_file_and_fails_on_a_refusal(
    round_: Round,
    eka: Phone,
    place: Path,
    tmp_path: Path,
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOKET_DATA", str(settings.data))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("LOKET_SECRET", settings.secret.decode())
    item = eka.freeze(eka.inspection(round_))
    file = queue_file(place, eka, [item])
    told = await asyncio.to_thread(CliRunner().invoke, main, ["import", "queue", str(file), "--by", "gita"])
    assert told.exit_code == 0, told.output
    assert "eka: 1 kiriman baru, 0 sudah ada" in told.output
    again = await asyncio.to_thread(CliRunner().invoke, main, ["import", "queue", str(file)])
    assert again.exit_code == 0 and "0 kiriman baru, 1 sudah ada" in again.output
    bad = queue_file(tmp_path / "bad.zip", eka, [eka.freeze(eka.inspection(round_, person="fajar"))])
    refusal = await asyncio.to_thread(CliRunner().invoke, main, ["import", "queue", str(bad)])
    assert refusal.exit_code == 1 and "1 ditolak" in refusal.output and "fajar" in refusal.output
    unfit = await asyncio.to_thread(CliRunner().invoke, main, ["import", "queue", str(file), "--by", "fajar"])
    assert unfit.exit_code == 1 and "berwenang" in unfit.output
    async with database.reading() as session:
        events = await session.scalars(select(AuditEvent).where(AuditEvent.act == "queue_imported"))
        assert [(event.actor, event.subject) for event in events] == [
            ("gita", "person:eka"),
            ("loket", "person:eka"),
            ("loket", "person:eka"),
        ]
