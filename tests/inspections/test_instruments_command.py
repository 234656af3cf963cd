"""`loket instruments`, as somebody types it who writes an instrument for the city."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.__main__ import main
from server.inspections.instrument import sha256_of
from server.inspections.national import FOLDER, nationals

pytestmark = pytest.mark.pure


def loket(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["instruments", *arguments])


def test_the_instruments_that_come_along_are_listed() -> None:
    listed = loket("list")
    assert listed.exit_code == 0, listed.output
    first = listed.stdout.splitlines()[0]
    assert first.startswith("pekppp/2022 ")
    assert "31 indikator" in first
    assert sha256_of(nationals()["pekppp/2022"])[:12] in first
    assert len(listed.stdout.splitlines()) == 6


def test_a_sound_file_is_told_with_its_address_and_hash() -> None:
    file = FOLDER / "sampang-2018.json"
    checked = loket("check", str(file))
    assert checked.exit_code == 0, checked.output
    sha256 = sha256_of(nationals()["sampang/2018"])
    assert checked.stdout == f"{file}: sah: sampang/2018, 6 indikator, sha256 {sha256}\n"


def test_every_fault_is_told_with_file_and_line_and_the_command_fails(tmp_path: Path) -> None:
    wrong = tmp_path / "kota.json"
    text = (FOLDER / "sampang-2018.json").read_text("utf-8")
    text = text.replace('"version": "2018"', '"version": "versi 2"').replace('"target": "1"', '"target": "2"')
    wrong.write_text(text, "utf-8")
    checked = loket("check", str(FOLDER / "pekppp-2017.json"), str(wrong))
    assert checked.exit_code == 1
    assert "sah: pekppp/2017, 37 indikator" in checked.stdout
    assert [line.split(" ")[:2] for line in checked.stderr.splitlines()] == [
        [f"{wrong}:3:", "$.version:"],
        [f"{wrong}:11:", "$.target:"],
    ]
    assert loket("check", str(tmp_path / "tidak-ada.json")).exit_code == 2


def test_one_is_shown_to_start_from(tmp_path: Path) -> None:
    shown = loket("show", "sampang/2018")
    assert json.loads(shown.stdout)["teams"][0] == "Inspektorat"
    own = tmp_path / "kota.json"
    own.write_text(shown.stdout.replace('"code": "sampang"', '"code": "kota-kami"'), "utf-8")
    assert "sah: kota-kami/2018" in loket("check", str(own)).stdout
    unknown = loket("show", "sampang/1999")
    assert unknown.exit_code == 1
    assert "pekppp/2022" in unknown.output
