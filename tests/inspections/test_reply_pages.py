"""The right of reply on pages: what can still be answered, answering with evidence, deciding with both sides seen."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from sqlalchemy import select

from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.tables import Evidence, Reply, Settlement
from tests.cast import Cast, Staff, hidden_field
from tests.conftest import Clock
from tests.inspections.makers import Round, all_at
from tests.inspections.pictures import photo_of

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

REPLIES = "/staff/inspections/replies"
BOARD = "5"
"""Papan/spanduk publikasi; the instrument accepts photos only."""

TEXT = "Papan sudah dipasang di pintu masuk sejak Oktober."
REASON = "Foto bertanggal menunjukkan papannya ada."
PHOTO = photo_of("papan")


@pytest_asyncio.fixture
async def visit(round_: Round, cast: Cast) -> UUID:
    """Everything is there at unit A but the board; verified."""
    found = {**all_at(round_.instrument, 1), BOARD: all_at(round_.instrument, 0)[BOARD]}
    return await round_.visit("eka", cast.a, found)


def form_of(visit: UUID, indicator: str = BOARD) -> str:
    return f"/staff/inspections/visits/{visit}/findings/{indicator}/reply"


async def answer(
    staff: Staff, visit: UUID, *files: tuple[str, bytes], form_id: object = None, **fields: Any
) -> httpx.Response:
    sent = {"id": str(form_id or uuid4()), "text": TEXT, **fields}
    attached = [("evidence", (name, content, "image/jpeg")) for name, content in files]
    return await staff.post(form_of(visit), sent, files=attached or [("evidence", ("", b""))])


async def decide(staff: Staff, reply_id: object, **fields: Any) -> httpx.Response:
    sent = {"outcome": "upheld", "value": "1", "reason": REASON, "sure": "on", **fields}
    return await staff.post(f"{REPLIES}/{reply_id}/decision", {key: one for key, one in sent.items() if one})


async def all_of(database: Database, table: Any) -> list[Any]:
    async with database.reading() as session:
        return list(await session.scalars(select(table)))


async def replied(staff: Staff, visit: UUID, database: Database) -> UUID:
    assert (await answer(staff, visit, ("papan.jpg", PHOTO))).status_code == 303
    (reply,) = await all_of(database, Reply)
    return UUID(str(reply.id))


def words(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


# ── what can be answered ──


async def test_an_officer_sees_what_can_be_answered_and_until_when(budi: Staff, visit: UUID) -> None:
    page = await budi.get(REPLIES)
    assert page.status_code == 200, page.text
    assert "Dapat ditanggapi sampai 27 November 2026 7 hari lagi" in words(page)
    assert form_of(visit) in page.text
    # what has its highest value leaves nothing to say
    assert form_of(visit, "4") not in page.text


async def test_what_can_no_longer_be_answered_is_not_offered(budi: Staff, visit: UUID, clock: Clock) -> None:
    clock.forward(days=8)
    assert form_of(visit) not in (await budi.get(REPLIES)).text
    page = await budi.get(form_of(visit))
    assert "sampai 27 November 2026" in words(page)
    assert "<textarea" not in page.text


async def test_an_answer_after_the_window_is_refused_and_the_text_kept(
    budi: Staff, visit: UUID, clock: Clock, database: Database
) -> None:
    clock.forward(days=8)
    refused = await answer(budi, visit)
    assert refused.status_code == 409
    assert "sampai 27 November 2026" in words(refused)
    assert await all_of(database, Reply) == []
    assert ("budi", "refused") in [(one.actor, one.act) for one in await all_of(database, AuditEvent)]


async def test_the_neighbour_sees_nothing_of_it(
    sign_in: SignIn, budi: Staff, visit: UUID, database: Database
) -> None:
    citra = await sign_in("citra")
    assert (await citra.get(form_of(visit))).status_code == 404
    assert (await answer(citra, visit)).status_code == 404
    number = await replied(budi, visit, database)
    assert TEXT not in (await citra.get(REPLIES)).text
    assert (await citra.get(f"{REPLIES}/{number}/decision")).status_code == 403


async def test_an_inspector_reads_the_replies_to_their_own_visits(
    sign_in: SignIn, budi: Staff, visit: UUID, database: Database
) -> None:
    await replied(budi, visit, database)
    assert TEXT in (await (await sign_in("eka")).get(REPLIES)).text
    assert TEXT not in (await (await sign_in("fajar")).get(REPLIES)).text


# ── answering ──


async def test_a_unit_answers_with_a_photo(budi: Staff, visit: UUID, database: Database) -> None:
    opened = await budi.get(form_of(visit))
    assert "tidak ada" in words(opened)
    assert "dilihat di tempat" in opened.text
    sent = await answer(budi, visit, ("papan.jpg", PHOTO), form_id=hidden_field(opened.text, "id"))
    assert (sent.status_code, sent.headers["location"].split("?")[0]) == (303, REPLIES)
    (reply,) = await all_of(database, Reply)
    assert (reply.text, reply.indicator) == (TEXT, BOARD)
    (piece,) = [one for one in await all_of(database, Evidence) if one.purpose == "reply"]
    assert (piece.kind, piece.reply_id) == ("photo", reply.id)
    listed = await budi.get(REPLIES)
    assert TEXT in listed.text
    assert "menunggu putusan" in listed.text
    assert form_of(visit) not in listed.text


async def test_a_document_answers_an_indicator_that_inspectors_photograph(
    budi: Staff, visit: UUID, database: Database
) -> None:
    assert (await answer(budi, visit, ("berita-acara.pdf", b"%PDF-1.4 berita acara"))).status_code == 303
    (piece,) = [one for one in await all_of(database, Evidence) if one.purpose == "reply"]
    assert piece.kind == "document"


async def test_a_form_sent_twice_is_one_reply(budi: Staff, visit: UUID, database: Database) -> None:
    form_id = uuid4()
    for _ in range(2):
        assert (await answer(budi, visit, ("papan.jpg", PHOTO), form_id=form_id)).status_code == 303
    assert len(await all_of(database, Reply)) == 1
    assert len([one for one in await all_of(database, Evidence) if one.purpose == "reply"]) == 1


async def test_a_page_dressed_as_a_photo_is_refused_and_the_rest_is_kept(
    budi: Staff, visit: UUID, database: Database
) -> None:
    form_id = uuid4()
    files = (("papan.jpg", PHOTO), ("palsu.jpg", b"<!doctype html><script>alert(1)</script>"))
    refused = await answer(budi, visit, *files, form_id=form_id)
    assert refused.status_code == 422
    assert "palsu.jpg: Jenis berkas ini tidak diterima." in words(refused)
    assert f">\n{TEXT}</textarea>" in refused.text
    held = re.findall(r'name="held" value="(\w+)" checked', refused.text)
    assert len(held) == 1
    assert await all_of(database, Reply) == []
    # the good photo need not be chosen again
    assert (await answer(budi, visit, form_id=form_id, held=held[0])).status_code == 303
    (piece,) = [one for one in await all_of(database, Evidence) if one.purpose == "reply"]
    assert piece.sha256 == held[0]


async def test_a_file_that_somebody_else_brought_is_not_ones_own(
    budi: Staff, sign_in: SignIn, visit: UUID, database: Database
) -> None:
    await replied(budi, visit, database)
    (piece,) = [one for one in await all_of(database, Evidence) if one.purpose == "reply"]
    # Eka reads the photo, but she did not bring it
    eka = await sign_in("eka")
    assert (await eka.get(f"/api/inspections/evidence/{piece.sha256}")).status_code == 200
    assert (await answer(budi, visit, held="0" * 64)).status_code == 422


async def test_a_short_answer_is_blamed_at_its_field(budi: Staff, visit: UUID) -> None:
    refused = await answer(budi, visit, text="Salah.")
    assert refused.status_code == 422
    assert 'id="text-error"' in refused.text
    assert "Tulis tanggapan dengan 10 sampai 4000 huruf." in refused.text


# ── deciding ──


async def test_an_upheld_reply_changes_the_score(
    budi: Staff, gita: Staff, visit: UUID, round_: Round, database: Database
) -> None:
    number = await replied(budi, visit, database)
    score = f"/api/inspections/evaluations/{round_.id}/units/dinas-kependudukan/score"
    # five of six are there: 83.33
    assert (await gita.browser.get(score)).json()["index"] == "83.33"
    page = await gita.get(f"{REPLIES}/{number}/decision")
    assert page.status_code == 200, page.text
    assert TEXT in page.text
    assert "dilihat di tempat" in page.text
    assert "Indeks unit ini sekarang 83,33" in words(page)
    assert "indeks menjadi 100,00" in words(page)
    done = await decide(gita, number)
    assert done.status_code == 303, done.text
    (settled,) = await all_of(database, Settlement)
    assert (settled.indicator, settled.value, settled.cause) == (BOARD, 1, "reply")
    assert (await gita.browser.get(score)).json()["index"] == "100.00"
    told = words(await budi.get(REPLIES))
    assert "tanggapan diterima Nilai yang berlaku: ada" in told
    assert REASON in told


async def test_a_kept_finding_stays(budi: Staff, gita: Staff, visit: UUID, database: Database) -> None:
    number = await replied(budi, visit, database)
    # a value that was chosen before the mind was changed is not meant
    assert (await decide(gita, number, outcome="kept")).status_code == 303
    (reply,) = await all_of(database, Reply)
    assert (reply.outcome, reply.decided_value) == ("kept", None)
    assert await all_of(database, Settlement) == []
    again = await decide(gita, number)
    assert again.status_code == 409
    assert "sudah diputuskan" in words(again)


async def test_a_decision_needs_all_its_parts(
    budi: Staff, gita: Staff, visit: UUID, database: Database
) -> None:
    number = await replied(budi, visit, database)
    for missing, said in {
        "outcome": "Pilih putusannya.",
        "value": "Isi nilai yang berlaku sesudah tanggapan diterima.",
        "reason": "Tulis alasan putusan dengan 10 sampai 2000 huruf.",
        "sure": "putusan tidak dapat diubah",
    }.items():
        refused = await decide(gita, number, **{missing: ""})
        assert refused.status_code == 422, missing
        assert said in words(refused)
        assert f'href="#{missing}"' in refused.text
    (reply,) = await all_of(database, Reply)
    assert reply.outcome is None


async def test_a_value_off_the_scale_is_refused(
    budi: Staff, gita: Staff, visit: UUID, database: Database
) -> None:
    number = await replied(budi, visit, database)
    for value in ("7", "banyak"):
        assert (await decide(gita, number, value=value)).status_code == 422
    assert await all_of(database, Settlement) == []


async def test_the_bureau_sees_first_what_waits_longest(
    budi: Staff, gita: Staff, visit: UUID, database: Database, clock: Clock
) -> None:
    number = await replied(budi, visit, database)
    await decide(gita, number, outcome="kept")
    clock.forward(days=1)
    second = {"id": str(uuid4()), "text": "Loketnya ada tiga, bukan satu."}
    assert (await budi.post(form_of(visit, "4"), second)).status_code == 303
    clock.forward(days=2)
    told = words(await gita.get(REPLIES))
    assert "1 tanggapan menunggu putusan, yang terlama sejak 2 hari." in told
    assert told.index("Loketnya ada tiga") < told.index(TEXT)
    assert TEXT not in (await gita.get(REPLIES, open=1)).text
    assert "Tidak ada tanggapan yang cocok" in (await gita.get(REPLIES, unit="puskesmas-melati")).text
    assert (await gita.get(REPLIES, unit="tidak-ada")).status_code == 404


async def test_an_empty_list_says_what_comes_next(gita: Staff, budi: Staff) -> None:
    assert "Belum ada tanggapan" in (await gita.get(REPLIES)).text
    assert "Belum ada yang perlu ditanggapi" in (await budi.get(REPLIES)).text
