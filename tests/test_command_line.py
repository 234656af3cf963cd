"""The commands, as somebody types them, on a data directory of their own."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.__main__ import main
from server.clock import wall_clock
from server.database import Database
from server.migrations import migrate
from server.settings import settings_from
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.sqlite

KEDIRI = Path(__file__).parent / "published" / "kediri_app_2024.csv"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def city(data: Path) -> Cast:
    async def furnish() -> Cast:
        settings = settings_from({"LOKET_DATA": str(data)})
        await migrate(settings.database_url)
        database = Database(settings.database_url)
        cast = await make_cast(database, wall_clock())
        await database.close()
        return cast

    return asyncio.run(furnish())


def loket(data: Path, *arguments: str, typed: str | bytes | None = None) -> Result:
    return CliRunner(env={"LOKET_DATA": str(data), "DATABASE_URL": None}).invoke(main, arguments, input=typed)


def test_the_kediri_table_is_imported_and_its_index_printed(data: Path, city: Cast) -> None:
    without = loket(data, "import", "responses", str(KEDIRI), "--counter", city.code())
    assert without.exit_code == 1
    assert "questionnaire" in without.output
    imported = loket(
        data, "import", "responses", str(KEDIRI), "--counter", city.code().lower(), "--order", "questionnaire"
    )
    assert imported.exit_code == 0, imported.output
    assert "20 jawaban baru" in imported.output
    printed = loket(data, "index", "dinas-kependudukan")
    assert "IKM 77.50, B (Baik), 20 responden, 9 dari 9 unsur" in printed.output
    wire = json.loads(loket(data, "index", "dinas-kependudukan", "--json").output)
    assert (wire["ikm"], wire["grade"], wire["n"]) == ("77.50", "B", 20)
    other = json.loads(loket(data, "index", "dinas-kependudukan", "--convention", "w0.11", "--json").output)
    assert (other["ikm"], other["convention"]) == ("76.73", "w0.11")  # 77,5 × 0,99
    nothing = json.loads(loket(data, "index", "dinas-kependudukan", "--from", "2025-01-01", "--json").output)
    assert (nothing["n"], nothing["ikm"]) == (0, None)


def test_any_table_is_computed_without_storing_it(data: Path) -> None:
    printed = loket(data, "compute", str(KEDIRI), "--order", "questionnaire")
    assert "IKM 77.50, B" in printed.output
    table = {"n": 1, "totals": {"biaya": 4}}
    piped = loket(data, "compute", "-", "--json", typed=json.dumps(table))
    assert json.loads(piped.output)["ikm"] == "100.00"
    assert loket(data, "compute", "-", typed="bukan tabel").exit_code == 1
    assert not (data / "loket.db").exists()


def test_verify_fails_and_names_the_cell_that_lies(data: Path, city: Cast) -> None:
    loket(data, "import", "responses", str(KEDIRI), "--counter", city.code(), "--order", "regulation")
    assert loket(data, "verify").exit_code == 0
    with sqlite3.connect(data / "loket.db") as database:
        database.execute("UPDATE survey_tallies SET biaya_3 = biaya_3 + 1 WHERE period = '2024-05'")
        database.execute("UPDATE audit_events SET actor = 'x' WHERE id = 1")
    lying = loket(data, "verify")
    assert lying.exit_code == 1
    assert "biaya_3: tercatat 11, hitung ulang 10" in lying.output
    assert "audit_events 1: segel tidak cocok" in lying.output


def test_people_are_added_listed_and_given_a_new_password(data: Path, city: Cast) -> None:
    add = ("user", "add", "tono", "--name", "Tono", "--role", "officer")
    assert loket(data, *add, "--password", "kopi-tubruk").exit_code == 2  # an officer needs a unit
    assert loket(data, *add, "--unit", city.b.slug, "--password", "pendek").exit_code == 1
    assert loket(data, *add, "--unit", city.b.slug, "--password", "kopi-tubruk").exit_code == 0
    assert "Puskesmas Melati" in loket(data, "user", "list").output
    assert loket(data, "user", "password", "tono", "--password", "teh-poci-manis").exit_code == 0
    assert loket(data, "user", "password", "siapa", "--password", "teh-poci-manis").exit_code == 1


def test_posters_and_codes_are_made(data: Path, city: Cast, tmp_path: Path) -> None:
    file = tmp_path / "poster.pdf"
    made = loket(data, "qr", "--unit", city.a.slug, "--paper", "a5", "-o", str(file))
    assert made.exit_code == 0, made.output
    assert file.read_bytes().startswith(b"%PDF")
    assert loket(data, "qr", city.code(), "--svg").output.startswith("<svg")
    assert loket(data, "qr", "AAAAAA").exit_code == 1


def test_units_are_imported_once(data: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "unit.csv"
    sheet.write_text("baris;unit;nama;jenis\nunit;dinas-baru;Dinas Baru;Dinas\n")
    assert "Akan dikerjakan 1 baris" in loket(data, "import", "units", str(sheet), "--dry-run").output
    assert "1 baris dikerjakan" in loket(data, "import", "units", str(sheet)).output
    assert "0 baris dikerjakan; 1 sudah sesuai" in loket(data, "import", "units", str(sheet)).output
    sheet.write_text("baris;unit;nama;jenis\nunit;dinas-lain;;Dinas\n")
    wrong = loket(data, "import", "units", str(sheet))
    assert wrong.exit_code == 1
    assert "baris 2" in wrong.output


@pytest.mark.parametrize(
    ("setting", "value"),
    [("LOKET_PORT", "x"), ("LOKET_LIMITS", "maybe"), ("LOKET_ZONE", "UTC"), ("LOKET_SECRET", "a")],
)
def test_a_setting_that_cannot_be_used_is_named(data: Path, setting: str, value: str) -> None:
    failed = CliRunner(env={"LOKET_DATA": str(data), setting: value}).invoke(main, ["migrate"])
    assert failed.exit_code == 1
    assert setting in failed.output
