"""The public calculator, the page of rules, and the viewer of the API."""

from pathlib import Path

import httpx
import pytest

from server import openapi
from server.problems import PROBLEMS
from server.scorecards.brought import KEYS
from server.skm.exclusion import RULES
from server.skm.rules import ELEMENTS

KEDIRI = Path(__file__).parent.parent / "published" / "kediri_app_2024.csv"


async def compute(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    return await client.post("/hitung", data=fields)


def test_its_fields_are_the_elements_in_the_order_of_the_regulation() -> None:
    assert tuple(ELEMENTS) == KEYS


async def test_it_computes_an_uploaded_table_with_the_arithmetic(client: httpx.AsyncClient) -> None:
    page = await client.post(
        "/hitung",
        data={"cara": "tabel", "urutan": "questionnaire", "hitungan": "exact"},
        files={"berkas": ("kediri.csv", KEDIRI.read_bytes(), "text/csv")},
    )
    assert page.status_code == 200
    assert "IKM <b>77,50 (B, Baik)</b> dari 20 responden." in page.text
    assert "<li>IKM: 3,1 × 25 = 77,5</li>" in page.text


async def test_it_computes_a_pasted_table(client: httpx.AsyncClient) -> None:
    page = await compute(client, cara="tabel", tabel="persyaratan\tsarana\n3\t4\n3\t3\n", hitungan="exact")
    assert "IKM <b>81,25 (B, Baik)</b> dari 2 responden." in page.text
    assert "2 dari 9 unsur" in page.text


async def test_it_computes_n_and_nine_totals(client: httpx.AsyncClient) -> None:
    page = await compute(client, cara="jumlah", n="1.000", hitungan="exact", **dict.fromkeys(KEYS, "3.100"))
    assert "IKM <b>77,50 (B, Baik)</b> dari 1.000 responden." in page.text


async def test_it_computes_nine_averages_by_the_convention_chosen(client: httpx.AsyncClient) -> None:
    averages = dict.fromkeys(KEYS, "3,5324")
    assert "88,31 (A, Sangat baik)" in (await compute(client, cara="nrr", hitungan="exact", **averages)).text
    assert "87,43 (B, Baik)" in (await compute(client, cara="nrr", hitungan="w0.11", **averages)).text


async def test_it_asks_in_which_order_u8_and_u9_stand_and_loses_nothing(client: httpx.AsyncClient) -> None:
    page = await compute(client, cara="tabel", tabel="U1;U9\n3;2", urutan="", hitungan="exact")
    assert page.status_code == 422
    assert '<a href="#urutan">' in page.text
    assert "U1;U9\n3;2</textarea>" in page.text


async def test_it_names_the_line_that_is_wrong(client: httpx.AsyncClient) -> None:
    page = await compute(client, cara="tabel", tabel="persyaratan;sarana\n3;4\n3;5", hitungan="exact")
    assert page.status_code == 422
    assert "Baris 3, kolom sarana: Jawaban “5” tidak dikenal" in page.text
    assert '<a href="#tabel">' in page.text


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"cara": "tabel", "tabel": " "}, "tabel"),
        ({"cara": "jumlah", "n": "", "sarana": "30"}, "n"),
        ({"cara": "jumlah", "n": "12,5", "sarana": "30"}, "n"),
        ({"cara": "jumlah", "n": "10", "sarana": "41"}, "sarana"),
        ({"cara": "jumlah", "n": "10"}, "persyaratan"),
        ({"cara": "nrr", "sarana": "4,01"}, "sarana"),
        ({"cara": "nrr", "sarana": "baik"}, "sarana"),
        ({"cara": "nrr", "sarana": "3", "hitungan": "kira-kira"}, "hitungan"),
        ({"cara": "entah", "tabel": ""}, "tabel"),
    ],
)
async def test_it_marks_the_input_that_is_to_blame(
    client: httpx.AsyncClient, fields: dict[str, str], blamed: str
) -> None:
    page = await compute(client, **{"hitungan": "exact", **fields})
    assert page.status_code == 422
    assert f'<a href="#{blamed}">' in page.text
    assert f'id="{blamed}-error"' in page.text


async def test_it_refuses_a_file_of_more_than_2_mb(client: httpx.AsyncClient) -> None:
    content = b"persyaratan\n" + b"3\n" * 1_100_000
    page = await client.post(
        "/hitung", data={"cara": "tabel"}, files={"berkas": ("besar.csv", content, "text/csv")}
    )
    assert page.status_code == 422
    assert "lebih dari 2 MB" in page.text


@pytest.mark.parametrize("way", ["tabel", "jumlah", "nrr"])
async def test_it_opens_in_each_of_its_ways(client: httpx.AsyncClient, way: str) -> None:
    page = await client.get("/hitung", params={"cara": way})
    assert page.status_code == 200
    assert f'href="/hitung?cara={way}" aria-current="page"' in page.text


async def test_the_rules_page_publishes_every_rule_and_grade(client: httpx.AsyncClient) -> None:
    text = (await client.get("/aturan")).text
    for rule in RULES:
        assert f'id="{rule.code}"' in text and rule.explanation in text
    assert "76,61–88,30" in text and "w0.111-sum2" in text


async def test_the_api_page_shows_every_operation_and_refusal(client: httpx.AsyncClient) -> None:
    text = (await client.get("/api")).text
    for path in openapi.document()["paths"]:
        assert path in text
    for code in PROBLEMS:
        assert f'id="{code}"' in text
    assert "http://" not in text and "https://" not in text
