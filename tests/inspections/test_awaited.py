"""Photos that come after their record, or before it: awaited until they are here, and then evidence as if they had
come together."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from sqlalchemy import delete, select

from server.database import Database
from server.inspections.awaiting.storage import photos_waiting
from server.inspections.evidence.storage import hold
from server.inspections.evidence.store import EvidenceStore
from server.inspections.tables import AwaitedEvidence, Evidence, EvidenceHolder
from server.problems import Problem
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.inspections.phones import PhoneOf, bring, picture, push_item, viewer_of
from tests.inspections.rows import count, visit
from tests.sync.phone import Item, Phone

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

VISITS = "/api/inspections/visits"
A, B, C = picture(1), picture(2), picture(3)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


async def handed_in(eka: Phone, round_: Round, photos: dict[str, bytes]) -> Item:
    """A visit whose photos are still on the phone."""
    item = eka.freeze(eka.inspection(round_, photos=photos))
    result = await push_item(eka, item)
    assert result["status"] == "accepted", result
    return item


async def evidence(database: Database) -> list[tuple[str, str | None]]:
    async with database.reading() as session:
        rows = await session.scalars(
            select(Evidence).where(Evidence.removed_at.is_(None)).order_by(Evidence.indicator, Evidence.id)
        )
        return [(row.indicator, row.sha256) for row in rows]


async def lacks(staff: Staff, visit_id: UUID, code: str) -> list[tuple[str, str]]:
    told = (await staff.browser.get(f"{VISITS}/{visit_id}")).json()
    return [(one["indicator"], one["detail"]) for one in told["lacks"] if one["code"] == code]


async def test_photos_may_follow_their_record_and_only_verification_waits(
    pekppp: Round, eka: Phone, gita: Staff, database: Database
) -> None:
    item = await handed_in(eka, pekppp, {"15": A, "16": B})
    assert (await visit(database, item.id)).state == "submitted"
    assert await evidence(database) == []
    assert await lacks(gita, item.id, "awaited") == [
        ("15", "1 foto belum sampai dari ponsel."),
        ("16", "1 foto belum sampai dari ponsel."),
    ]
    refused = await gita.browser.post(f"{VISITS}/{item.id}/verification")
    assert (refused.status_code, refused.json()["code"]) == (409, "incomplete_visit")
    assert "Masih ditunggu dari ponsel: bukti untuk indikator 15, 16." in refused.json()["detail"]
    assert (await bring(eka, A)).status_code == 201
    assert [key for key, _ in await evidence(database)] == ["15"]
    assert [key for key, _ in await lacks(gita, item.id, "awaited")] == ["16"]
    await bring(eka, B)
    assert await lacks(gita, item.id, "awaited") == []
    assert await count(database, AwaitedEvidence) == 0


async def test_whatever_comes_first_the_end_is_the_same(
    pekppp: Round, eka: Phone, database: Database
) -> None:
    body = eka.inspection(pekppp, photos={"15": A, "16": B, "17": A})
    ends = []
    for order in permutations(("record", "a", "b")):
        item = eka.freeze(body)
        for one in order:
            if one == "record":
                assert (await push_item(eka, item))["status"] == "accepted"
            else:
                await bring(eka, A if one == "a" else B)
        ends.append(await evidence(database))
        # nothing of it is here when it is done once more, in another order
        await eka.browser.post(f"{VISITS}/{item.id}/withdrawal", json={"reason": "Diulang dari awal."})
        async with database.writing() as session:
            await session.execute(delete(Evidence))
            await session.execute(delete(EvidenceHolder))
    assert len(ends[0]) == 3
    assert all(end == ends[0] for end in ends)


async def test_one_photo_proves_two_items_and_two_visits(
    pekppp: Round, eka: Phone, phone_of: PhoneOf, database: Database
) -> None:
    fajar = await phone_of("fajar")
    await handed_in(eka, pekppp, {"15": A, "16": A})
    await bring(eka, A)
    assert [key for key, _ in await evidence(database)] == ["15", "16"]
    theirs = fajar.freeze(fajar.inspection(pekppp, person="fajar", photos={"15": A}))
    result = await push_item(fajar, theirs)
    assert (result["status"], len(result["need_photos"])) == ("accepted", 1), "Eka's photo is not Fajar's"
    await bring(fajar, A)
    assert await count(database, Evidence) == 3


async def test_photos_that_come_at_the_same_moment_as_their_record_are_not_awaited_for_ever(
    pekppp: Round, eka: Phone, database: Database
) -> None:
    photos = {key: picture(number) for number, key in enumerate(("15", "16", "17"))}
    for _ in range(5):
        item = eka.freeze(eka.inspection(pekppp, photos=photos))
        await asyncio.gather(push_item(eka, item), *(bring(eka, content) for content in photos.values()))
        assert [key for key, _ in await evidence(database)] == ["15", "16", "17"]
        assert await count(database, AwaitedEvidence) == 0
        await eka.browser.post(f"{VISITS}/{item.id}/withdrawal", json={"reason": "Diulang dari awal."})
        async with database.writing() as session:
            await session.execute(delete(Evidence))
            await session.execute(delete(EvidenceHolder))


async def test_what_is_still_needed_is_told_afresh_by_every_repeat(pekppp: Round, eka: Phone) -> None:
    item = await handed_in(eka, pekppp, {"15": A, "16": B})
    assert len((await push_item(eka, item))["need_photos"]) == 2
    await bring(eka, A)
    again = await push_item(eka, item)
    assert (again["status"], again["need_photos"]) == ("duplicate", [eka.photo(B)["sha256"]])


@pytest.mark.parametrize("comes_first", ["record", "file"])
async def test_a_file_that_cannot_be_the_photo_says_why_and_is_not_asked_for_again(
    pekppp: Round,
    eka: Phone,
    gita: Staff,
    database: Database,
    comes_first: str,
) -> None:
    if comes_first == "file":
        await bring(eka, PDF)
    item = await handed_in(eka, pekppp, {"15": PDF})
    await bring(eka, PDF)
    assert await evidence(database) == []
    assert await lacks(gita, item.id, "unusable") == [("15", "Berkas .pdf tidak dapat menjadi bukti foto.")]
    assert (await push_item(eka, item))["need_photos"] == []
    await eka.refresh()
    told = eka.known["inspections", str(item.id)]
    assert (told["awaited"], told["unusable"]) == (
        [],
        {eka.photo(PDF)["sha256"]: "Berkas .pdf tidak dapat menjadi bukti foto."},
    )
    refused = await gita.browser.post(f"{VISITS}/{item.id}/verification")
    assert "Ganti dahulu bukti yang tidak dapat dipakai pada indikator 15." in refused.json()["detail"]


async def test_the_next_revision_awaits_only_what_it_shows(
    pekppp: Round, eka: Phone, database: Database
) -> None:
    body = eka.inspection(pekppp, photos={"15": A, "16": B, "17": C})
    first = eka.freeze(body)
    await push_item(eka, first)
    await bring(eka, A)
    body["findings"]["15"]["evidence"] = []
    body["findings"]["16"]["evidence"] = []
    again = await push_item(eka, eka.freeze(body, id=first.id, base_rev=1))
    assert again["need_photos"] == [eka.photo(C)["sha256"]]
    assert await evidence(database) == [], "the piece of 15 was taken out"
    await bring(eka, B)
    assert await evidence(database) == [], "nobody waits for it any more"
    back = await push_item(
        eka, eka.freeze({**body, "findings": _with(body, A, eka)}, id=first.id, base_rev=2)
    )
    assert back["status"] == "accepted"
    assert [key for key, _ in await evidence(database)] == ["15"]


def _with(body: dict[str, Any], content: bytes, phone: Phone) -> dict[str, Any]:
    found = dict(body["findings"])
    found["15"] = {**found["15"], "evidence": [phone.photo(content)]}
    return found


async def test_a_photo_that_will_never_come_is_let_go_on_the_page(
    pekppp: Round, eka: Phone, gita: Staff, database: Database
) -> None:
    item = await handed_in(eka, pekppp, {"15": A})
    await gita.browser.post(f"{VISITS}/{item.id}/return", json={"reasons": {"15": "Fotonya hilang."}})
    async with database.reading() as session:
        (row,) = await session.scalars(select(AwaitedEvidence))
    page = await eka.browser.get(f"/staff/inspections/visits/{item.id}/fill")
    assert f'name="hapus" value="15 {row.id}"' in page.text
    address = f"{VISITS}/{item.id}/findings/15/evidence/{row.id}"
    assert (await eka.browser.delete(address)).status_code == 200
    assert await count(database, AwaitedEvidence) == 0
    assert (await eka.browser.delete(address)).status_code == 404


async def test_a_photo_of_a_record_that_another_took_the_place_of_is_still_asked_for(
    pekppp: Round, eka: Phone, phone_of: PhoneOf, gita: Staff
) -> None:
    one = await handed_in(eka, pekppp, {"15": A})
    tablet = await phone_of("eka")
    other = tablet.freeze(tablet.inspection(pekppp, photos={"15": B}), id=one.id)
    assert (await push_item(tablet, other))["code"] == "stale_revision"
    released = await gita.post(f"/staff/phones/items/{one.id}/{other.sha256}/eka", {"putusan": "lepaskan"})
    assert released.status_code == 303
    a, b = (eka.photo(content)["sha256"] for content in (A, B))
    assert (await push_item(eka, one))["need_photos"] == [a], "nobody but this phone has it"
    assert (await push_item(eka, other))["need_photos"] == [b]
    await bring(eka, A)
    assert (await push_item(eka, one))["need_photos"] == []


@pytest.mark.parametrize("left", [b"", None], ids=["cut", "gone"])
async def test_a_photo_that_the_disk_has_lost_is_asked_for_again(
    app: Litestar,
    pekppp: Round,
    eka: Phone,
    gita: Staff,
    database: Database,
    left: bytes | None,
) -> None:
    body = eka.inspection(pekppp, photos={"15": A})
    item, digest = eka.freeze(body), eka.photo(A)["sha256"]
    await push_item(eka, item)
    await bring(eka, A)
    await eka.refresh()
    assert eka.known["inspections", str(item.id)]["held"] == [digest]

    file = app.state.evidence.path_of(digest)
    file.unlink()
    if left is not None:
        file.write_bytes(left)
    assert (await push_item(eka, item))["need_photos"] == [digest]
    await eka.refresh()
    assert eka.known["inspections", str(item.id)]["held"] == []
    again = await push_item(eka, eka.freeze({**body, "note": "Lagi."}, id=item.id, base_rev=1))
    assert (again["status"], again["need_photos"]) == ("accepted", [digest])
    assert await lacks(gita, item.id, "awaited") == [("15", "1 foto belum sampai dari ponsel.")]
    await bring(eka, A)
    assert file.read_bytes() == A
    assert (await push_item(eka, item))["need_photos"] == []
    assert await evidence(database) == [("15", digest)]
    assert await lacks(gita, item.id, "awaited") == []


async def test_what_is_let_go_as_its_bytes_arrive_does_not_come_back(
    app: Litestar,
    cast: Cast,
    pekppp: Round,
    eka: Phone,
    gita: Staff,
    database: Database,
    clock: Clock,
    tmp_path: Path,
) -> None:
    item = await handed_in(eka, pekppp, {"15": A})
    await gita.browser.post(f"{VISITS}/{item.id}/return", json={"reasons": {"15": "Fotonya hilang."}})
    async with database.reading() as session:
        (row,) = await session.scalars(select(AwaitedEvidence))
    (tmp_path / "upload").write_bytes(A)
    stored = await app.state.evidence.take(tmp_path / "upload", row.sha256)
    async with database.writing() as session:
        await hold(session, viewer_of(cast, "eka"), clock.now, stored, "loket.jpg")
        removing = asyncio.create_task(
            eka.browser.delete(f"{VISITS}/{item.id}/findings/15/evidence/{row.id}")
        )
        await asyncio.sleep(0.5)
    assert (await removing).status_code == 200
    assert await evidence(database) == []
    assert await count(database, AwaitedEvidence) == 0
    await bring(eka, A)
    assert await evidence(database) == []


# ── the store that photos of phones go to ──


@pytest.fixture
def store(app: Litestar) -> EvidenceStore:
    return EvidenceStore(app.state.evidence, app.state.database)


async def test_a_whole_file_is_kept_and_what_awaited_it_is_evidence(
    cast: Cast,
    pekppp: Round,
    eka: Phone,
    store: EvidenceStore,
    database: Database,
    clock: Clock,
    tmp_path: Path,
) -> None:
    await handed_in(eka, pekppp, {"15": A})
    file, me = tmp_path / "upload", viewer_of(cast, "eka")
    file.write_bytes(A)
    digest = eka.photo(A)["sha256"]
    assert await store.keep(me, clock.now, file, digest, "loket.jpg", "image/jpeg") == digest
    assert file.read_bytes() == A, "the file itself stays"
    assert await evidence(database) == [("15", digest)]
    async with database.reading() as session:
        assert await store.holds(session, me, digest)
        assert not await store.holds(session, viewer_of(cast, "fajar"), digest)


@pytest.mark.parametrize(
    ("content", "announced", "media_type", "code"),
    [
        (A, "0" * 64, "image/jpeg", "damaged"),
        (b"\0" * 100, "0" * 64, "image/jpeg", "damaged"),
        (A, None, "image/png", "bad_evidence"),
        (b"MZ\x90", None, "", "bad_evidence"),
    ],
    ids=["other bytes", "zeros", "a JPEG that says PNG", "a program"],
)
async def test_what_is_not_as_announced_is_refused_and_still_awaited(
    cast: Cast,
    pekppp: Round,
    eka: Phone,
    store: EvidenceStore,
    database: Database,
    clock: Clock,
    tmp_path: Path,
    content: bytes,
    announced: str | None,
    media_type: str,
    code: str,
) -> None:
    await handed_in(eka, pekppp, {"15": A})
    file = tmp_path / "upload"
    file.write_bytes(content)
    with pytest.raises(Problem, match=code):
        await store.keep(viewer_of(cast, "eka"), clock.now, file, announced, "foto.jpg", media_type)
    assert await evidence(database) == []
    assert await count(database, AwaitedEvidence) == 1


async def test_bytes_that_can_never_be_evidence_are_told_where_they_are_awaited_and_not_asked_for_again(
    cast: Cast,
    pekppp: Round,
    eka: Phone,
    gita: Staff,
    store: EvidenceStore,
    clock: Clock,
    tmp_path: Path,
) -> None:
    cut = A[:-50]
    item = await handed_in(eka, pekppp, {"15": cut, "16": B})
    a, b = (eka.photo(content)["sha256"] for content in (cut, B))
    file = tmp_path / "upload"
    file.write_bytes(cut)
    with pytest.raises(Problem, match="bad_evidence") as refused:
        await store.keep(viewer_of(cast, "eka"), clock.now, file, a, "foto.jpg", "image/jpeg")
    assert await lacks(gita, item.id, "unusable") == [("15", refused.value.facts["what"])]
    assert (await push_item(eka, item))["need_photos"] == [b]
    await eka.refresh()
    told = eka.known["inspections", str(item.id)]
    assert (told["held"], told["awaited"]) == ([], [b]), "its phone keeps it: it is not here"
    assert told["unusable"] == {a: refused.value.facts["what"]}, "also where another phone sent it"


async def test_the_page_says_how_many_photos_are_awaited_and_since_when(
    pekppp: Round, eka: Phone, gita: Staff, clock: Clock
) -> None:
    item = await handed_in(eka, pekppp, {"15": A, "16": B, "17": C})
    clock.forward(days=2)
    page = (await gita.get(f"/staff/inspections/visits/{item.id}")).text
    assert "3 foto belum sampai dari ponsel, sejak 20 November 2026" in page
    assert "1 foto belum sampai dari ponsel." in page


async def test_two_pieces_that_show_one_unusable_file_are_one_file_that_is_awaited(
    pekppp: Round, eka: Phone, database: Database
) -> None:
    item = await handed_in(eka, pekppp, {"15": PDF, "16": PDF, "17": A})
    await bring(eka, PDF)
    async with database.reading() as session:
        (waiting,) = await photos_waiting(session)
    assert (waiting.visit, waiting.count, waiting.faults) == (item.id, 2, 1)
