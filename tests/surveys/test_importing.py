"""Sheets that officials bring: all or nothing, twice is once, and never the wrong element for U8 and U9."""

import html
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from server.accounts import storage as accounts
from server.database import Database
from server.surveys import storage
from server.surveys.desk import import_routes
from server.surveys.desk.uploads import KEPT_S, Uploads
from tests.cast import Cast, Citizen, Staff
from tests.conftest import Clock

INDEX = "/api/units/dinas-kependudukan/index"
KEDIRI = (Path(__file__).parent.parent / "published" / "kediri_app_2024.csv").read_bytes()

SignIn = Callable[[str], Awaitable[Staff]]


@pytest_asyncio.fixture
async def ani(sign_in: SignIn) -> Staff:
    return await sign_in("ani")


@pytest_asyncio.fixture(autouse=True)
async def _tallies_agree(database: Database) -> AsyncIterator[None]:
    yield
    async with database.reading() as session:
        assert [difference async for difference in storage.differences(session)] == []


def text_of(page: httpx.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def brought(ani: Staff, code: str, content: bytes, order: str = "") -> httpx.Response:
    """A file chosen in the form and sent to be checked."""
    files = {"berkas": ("jawaban.csv", content, "text/csv")}
    return await ani.post("/staff/import", {"loket": code, "urutan": order}, files=files)


async def confirmed(ani: Staff, checked: httpx.Response) -> httpx.Response:
    """The page that says what would happen, its button pressed, and the page that says what did."""
    assert checked.status_code == 303, text_of(checked)
    page = await ani.get(checked.headers["location"])
    assert page.status_code == 200, text_of(page)
    form = dict(re.findall(r'<input type="hidden" name="(loket|urutan|nama)" value="([^"]*)">', page.text))
    action = re.search(r'action="(/staff/import/\w+)" method="post"', page.text)
    assert action
    done = await ani.post(action[1], form)
    assert done.status_code == 303, text_of(done)
    return await ani.get(done.headers["location"])


async def stored(database: Database) -> int:
    async with database.reading() as session:
        return await storage.how_many(session)


async def ikm(client: httpx.AsyncClient, **query: str) -> str | None:
    found: str | None = (await client.get(INDEX, params=query)).json()["ikm"]
    return found


async def test_the_published_file_of_kediri_gives_its_published_index(
    cast: Cast, ani: Staff, client: httpx.AsyncClient
) -> None:
    checked = await brought(ani, cast.code(), KEDIRI, "questionnaire")
    page = text_of(await ani.get(checked.headers["location"]))
    assert "Belum ada yang disimpan." in page
    assert "77,50 B Baik" in page
    assert await ikm(client) is None
    result = text_of(await confirmed(ani, checked))
    assert "20 jawaban baru tersimpan di Dinas Kependudukan" in result
    assert await ikm(client) == "77.50"


async def test_u1_to_u9_are_refused_until_somebody_says_their_order(
    cast: Cast, ani: Staff, client: httpx.AsyncClient, database: Database
) -> None:
    table = b"U1;U2;U3;U4;U5;U6;U7;U8;U9\n3;3;3;3;3;3;3;1;4\n"
    refused = await brought(ani, cast.code(), table)
    assert refused.status_code == 422
    assert 'id="urutan-error"' in refused.text
    assert "U8 pengaduan dan U9 sarana" in text_of(refused)
    assert await stored(database) == 0
    # the file need not be chosen again
    key = re.search(r'name="kunci" value="(\w{64})"', refused.text)
    assert key
    form = {"loket": cast.code(), "kunci": key[1], "nama": "jawaban.csv", "urutan": "questionnaire"}
    await confirmed(ani, await ani.post("/staff/import", form))
    elements = (await client.get(INDEX)).json()["elements"]
    assert (elements["sarana"]["total"], elements["pengaduan"]["total"]) == (1, 4)


async def test_the_same_file_twice_is_nothing_twice(
    cast: Cast, ani: Staff, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    await confirmed(ani, await brought(ani, cast.code(), KEDIRI, "questionnaire"))
    clock.forward(days=20)
    again = await brought(ani, cast.code(), KEDIRI, "questionnaire")
    assert "Mengimpornya lagi tidak menggandakan apa pun." in text_of(
        await ani.get(again.headers["location"])
    )
    result = text_of(await confirmed(ani, again))
    assert "Tidak ada jawaban baru" in result
    assert "Sudah ada sebelumnya 20" in result
    assert await stored(database) == 20
    assert await ikm(client) == "77.50"


async def test_the_same_file_in_another_order_is_warned_of(cast: Cast, ani: Staff) -> None:
    await confirmed(ani, await brought(ani, cast.code(), KEDIRI, "questionnaire"))
    again = await brought(ani, cast.code("b"), KEDIRI, "questionnaire")
    assert "jawabannya terhitung dua kali" in text_of(await ani.get(again.headers["location"]))


async def test_a_row_whose_id_holds_another_answer_is_a_conflict_and_the_old_one_stays(
    cast: Cast, ani: Staff, client: httpx.AsyncClient
) -> None:
    await confirmed(ani, await brought(ani, cast.code(), b"id,biaya\n1,4\n2,4\n"))
    result = await confirmed(ani, await brought(ani, cast.code(), b"id,biaya\n1,4\n2,1\n3,4\n"))
    assert "Tersimpan sekarang 1 Sudah ada sebelumnya 1 Bertentangan 1" in text_of(result)
    assert await ikm(client) == "100.00"


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffpersyaratan;biaya;saran\n4;3;Keramahannya “sangat” baik\n".encode(),
        "persyaratan;biaya;saran\r\n4;3;Keramahannya “sangat” baik\r\n".encode("windows-1252"),
        "persyaratan\tbiaya\tsaran\n4\t3\tKeramahannya “sangat” baik\n".encode("utf-16"),
        'Persyaratan,"Biaya/Tarif",Saran\nd,c,Keramahannya “sangat” baik\n'.encode(),
        "sep=;\npersyaratan;biaya;saran\n4;3;Keramahannya “sangat” baik\n".encode(),
    ],
    ids=["byte order mark", "windows-1252", "utf-16", "commas and letters", "sep line"],
)
async def test_a_sheet_is_read_however_it_was_saved(
    cast: Cast, ani: Staff, client: httpx.AsyncClient, content: bytes
) -> None:
    await confirmed(ani, await brought(ani, cast.code(), content))
    assert await ikm(client) == "87.50"
    assert "Keramahannya “sangat” baik" in text_of(await ani.get("/staff/responses"))


async def test_a_pasted_table_is_as_good_as_a_file(cast: Cast, ani: Staff, client: httpx.AsyncClient) -> None:
    form = {"loket": f"{cast.code()} · Loket", "tabel": "biaya\tsarana\n3\t4\n"}
    await confirmed(ani, await ani.post("/staff/import", form))
    assert await ikm(client) == "87.50"


async def test_bad_rows_are_listed_by_line_and_nothing_is_stored(
    cast: Cast, ani: Staff, database: Database
) -> None:
    table = "persyaratan,biaya,usia,tanggal\n3,3,34,\n3,5,34,\n,,,\n3,4,340,\n3,4,34,01/01/2031\n4,4,,\n"
    refused = await brought(ani, cast.code(), table.encode())
    assert refused.status_code == 422
    text = text_of(refused)
    assert "3 kesalahan" in text
    assert "3 biaya Jawaban “5” tidak dikenal" in text
    assert "5 usia Usia “340” tidak mungkin" in text
    assert "6 waktu Waktu 01-01-2031 00:00 belum terjadi." in text
    assert await stored(database) == 0


async def test_of_very_many_faults_a_hundred_are_listed_and_all_counted(
    cast: Cast, ani: Staff, database: Database
) -> None:
    table = "biaya\n" + "3\n" * 400 + "7\n" * 250
    refused = await brought(ani, cast.code(), table.encode())
    text = text_of(refused)
    assert "250 kesalahan" in text
    assert "Ini 100 yang pertama." in text
    assert refused.text.count("tidak dikenal; tulis 1, 2, 3 atau 4") == 100
    assert "402" in text
    assert await stored(database) == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Pilih berkas CSV, atau tempelkan tabelnya."),
        (b"PK\x03\x04rest of a workbook", "Simpan dahulu sebagai CSV"),
        (b"nama,alamat\nAni,Jalan\n", "Tidak ada kolom unsur."),
        (b"biaya,biaya\n3,3\n", "ada dua kali"),
        (b"biaya,x_parkir\n3,3\n", "Unsur tambahan (x_parkir) belum dapat diimpor"),
        (b"biaya\n", "belum berisi satu baris jawaban pun"),
    ],
)
async def test_what_is_no_sheet_of_answers_is_told_at_its_field(
    cast: Cast, ani: Staff, content: bytes, sentence: str
) -> None:
    refused = await brought(ani, cast.code(), content)
    assert refused.status_code == 422
    assert 'id="berkas-error"' in refused.text
    assert sentence in text_of(refused)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("", "Pilih loket tempat jawaban ini diberikan."), ("ABC", "Kode loket ini tidak kami kenal.")],
)
async def test_a_counter_that_is_none_is_told_at_its_field(ani: Staff, code: str, sentence: str) -> None:
    refused = await brought(ani, code, b"biaya\n3\n")
    assert refused.status_code == 422
    assert 'id="loket-error"' in refused.text
    assert sentence in text_of(refused)


async def test_a_file_too_large_for_the_page_is_sent_to_the_command_line(
    cast: Cast, ani: Staff, database: Database
) -> None:
    row = b"3," + b"baik " * 300 + b"\n"
    refused = await brought(ani, cast.code(), b"biaya,saran\n" + row * (13 * 1024 * 1024 // len(row)))
    assert refused.status_code == 422
    text = text_of(refused)
    assert "paling banyak 12 MB" in text
    assert "loket import responses BERKAS --counter" in text
    assert await stored(database) == 0


async def test_too_many_rows_for_the_page_are_sent_to_the_command_line(
    cast: Cast, ani: Staff, database: Database
) -> None:
    refused = await brought(ani, cast.code(), b"biaya\n" + b"3\n" * (import_routes.ROWS_MOST + 1))
    assert refused.status_code == 422
    assert f"loket import responses BERKAS --counter {cast.code()}" in text_of(refused)
    assert await stored(database) == 0


async def test_an_upload_without_end_is_refused_before_it_is_read(cast: Cast, ani: Staff) -> None:
    refused = await brought(ani, cast.code(), b"3" * (import_routes.BODY_MOST_BYTES + 1))
    assert refused.status_code == 422
    assert "loket import responses" in text_of(refused)


async def test_columns_nobody_knows_are_named_and_left_out(cast: Cast, ani: Staff) -> None:
    checked = await brought(ani, cast.code(), b"nomor antrean,biaya\n17,3\n")
    assert "Kolom yang tidak dipakai nomor antrean" in text_of(await ani.get(checked.headers["location"]))


async def test_who_imported_what_is_in_the_audit_trail_and_in_the_list(
    cast: Cast, ani: Staff, database: Database
) -> None:
    await confirmed(ani, await brought(ani, cast.code(), KEDIRI, "questionnaire"))
    async with database.reading() as session:
        (event,) = await accounts.audit_events(session, None, 1)
    assert (event.actor, event.act, event.subject) == (
        "ani",
        "responses_imported",
        f"counter:{cast.code()}",
    )
    assert '"file":"jawaban.csv"' in event.facts
    assert '"new":20' in event.facts
    assert "jawaban.csv" in text_of(await ani.get("/staff/import"))


async def test_an_officer_imports_nothing(cast: Cast, sign_in: SignIn) -> None:
    budi = await sign_in("budi")
    assert (await budi.get("/staff/import")).status_code == 403
    assert (
        await budi.post("/staff/import", {"loket": cast.code(), "tabel": "biaya\n3\n"})
    ).status_code == 403
    assert (await budi.post(f"/staff/import/{'0' * 64}", {"loket": cast.code()})).status_code == 403


async def test_a_file_we_no_longer_hold_is_asked_for_again(cast: Cast, ani: Staff) -> None:
    for key in ("0" * 64, "..%2f..%2fsecret"):
        answered = await ani.get(f"/staff/import/{key}", loket=cast.code())
        assert answered.status_code in (404, 422)
        assert "Unggah sekali lagi." in text_of(answered) or answered.status_code == 404


async def test_a_file_is_held_only_until_it_is_imported(app: Litestar, cast: Cast, ani: Staff) -> None:
    checked = await brought(ani, cast.code(), KEDIRI, "questionnaire")
    held = app.state.settings.data / "imports" / sha256(KEDIRI).hexdigest()
    assert held.read_bytes() == KEDIRI
    await confirmed(ani, checked)
    assert not held.exists()


def test_uploads_are_forgotten_after_a_day_and_never_found_by_a_path(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "held")
    (tmp_path / "secret").write_bytes(b"secret")
    old = uploads.keep(b"old")
    yesterday = time.time() - KEPT_S - 60
    os.utime(tmp_path / "held" / old, (yesterday, yesterday))
    new = uploads.keep(b"new")
    assert uploads.find(old) is None
    assert uploads.find(new) == b"new"
    assert uploads.find("../secret") is None
    uploads.forget("../secret")
    assert (tmp_path / "secret").exists()


# ── paper ──


async def typed(ani: Staff, code: str, **more: Any) -> httpx.Response:
    """One sheet, typed: opened, filled in, sent."""
    page = await ani.get("/staff/entry", loket=code, tanggal="2026-11-19", jam="pagi")
    assert page.status_code == 200, text_of(page)
    found = re.search(r'name="id" value="([^"]+)"', page.text)
    assert found
    form = {"id": found[1], "loket": code, "tanggal": "2026-11-19", "jam": "pagi", **more}
    return await ani.post("/staff/entry", form)


async def test_a_typed_sheet_counts_on_its_own_day_and_names_who_typed_it(
    app: Litestar, cast: Cast, ani: Staff, client: httpx.AsyncClient, database: Database
) -> None:
    done = await typed(ani, cast.code(), persyaratan="4", sarana="c", age="41", sex="P")
    assert done.status_code == 303, text_of(done)
    assert "1 lembar tersimpan." in text_of(await ani.get(done.headers["location"]))
    assert await ikm(client, period="2026-11") == "87.50"
    assert await ikm(client, **{"from": "2026-11-20"}) is None
    async with database.reading() as session:
        (event,) = await accounts.audit_events(session, None, 1)
    assert (event.actor, event.act) == ("ani", "response_typed")
    await app.state.sweeper.sweep()
    assert await ikm(client) == "87.50", "no rule judges paper"
    assert "kertas" in text_of(await ani.get("/staff/responses", saluran="paper"))


async def test_the_sheet_is_typed_in_the_order_of_the_paper(cast: Cast, ani: Staff) -> None:
    page = await ani.get("/staff/entry", loket=cast.code(), tanggal="2026-11-19", jam="pagi")
    typed_in = re.findall(r'<input id="(\w+)"[^>]*data-answer', page.text)
    assert typed_in[-2:] == ["sarana", "pengaduan"]
    assert len(typed_in) == 9


async def test_a_service_that_costs_nothing_is_not_asked_for_its_cost(
    cast: Cast, ani: Staff, client: httpx.AsyncClient
) -> None:
    await typed(ani, cast.code("free"), persyaratan="4", biaya="1")
    assert (await client.get(INDEX)).json()["measured"] == 1


async def test_the_same_sheet_sent_twice_is_one(cast: Cast, ani: Staff, database: Database) -> None:
    page = await ani.get("/staff/entry", loket=cast.code(), tanggal="2026-11-19", jam="siang")
    found = re.search(r'name="id" value="([^"]+)"', page.text)
    assert found
    form = {"id": found[1], "loket": cast.code(), "tanggal": "2026-11-19", "jam": "siang", "biaya": "3"}
    for _ in range(2):
        assert (await ani.post("/staff/entry", form)).status_code == 303
    other = await ani.post("/staff/entry", {**form, "biaya": "4"})
    assert other.status_code == 409
    assert "sudah tersimpan dengan isi lain" in text_of(other)
    assert await stored(database) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"biaya": "5"}, "biaya"),
        ({"biaya": "x"}, "biaya"),
        ({"biaya": "3", "age": "340"}, "age"),
        ({"biaya": "3", "tanggal": "2026-11-21"}, "tanggal"),
        ({"biaya": "3", "tanggal": "2016-12-31"}, "tanggal"),
        ({"biaya": "3", "comment": "x" * 2001}, "comment"),
        ({}, "persyaratan"),
    ],
)
async def test_a_mistyped_sheet_is_shown_again_with_its_field_marked(
    cast: Cast, ani: Staff, database: Database, wrong: dict[str, str], field: str
) -> None:
    refused = await typed(ani, cast.code(), **{"waktu": "2", **wrong} if wrong else {})
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert await stored(database) == 0


async def test_an_officer_types_nothing(sign_in: SignIn) -> None:
    budi = await sign_in("budi")
    assert (await budi.get("/staff/entry")).status_code == 403
    assert (await budi.post("/staff/entry")).status_code == 403


async def test_what_was_typed_wrongly_is_taken_out_like_any_other_answer(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    await dewi.answer(cast.code(), 4)
    done = await typed(ani, cast.code(), persyaratan="1")
    response_id = httpx.URL(done.headers["location"]).params["terakhir"]
    page = text_of(await ani.get(f"/staff/exclusions/{response_id}"))
    assert "Diketik dari kertas" in page
    form = {"keputusan": "exclude", "jawaban": response_id, "alasan": "Salah ketik."}
    assert (await ani.post("/staff/exclusions/review", form)).status_code == 303
    assert await ikm(client) == "100.00"
