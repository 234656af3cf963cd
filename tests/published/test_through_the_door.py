"""The published results again, this time through the real import and the HTTP API.

Expected numbers stand in skm.json and are never edited. What no convention reproduces is shown as such.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from server.surveys.importing import import_responses
from tests.cast import Cast
from tests.conftest import Clock

HERE = Path(__file__).parent
RECORDS: list[dict[str, Any]] = json.loads((HERE / "skm.json").read_text())["records"]

REPRODUCTIONS = [
    pytest.param(
        record, way, id=f"{record['id']}-{way['from']}-{'-'.join(map(str, way['convention'].values()))}"
    )
    for record in RECORDS
    for way in record["reproduce"]
]


@pytest.mark.parametrize(("record", "way"), REPRODUCTIONS)
async def test_a_published_index_comes_out_of_the_api(
    client: httpx.AsyncClient, record: dict[str, Any], way: dict[str, Any]
) -> None:
    values = dict(zip(record["elements"], record[way["from"]], strict=True))
    table: dict[str, Any] = {way["from"]: values, "convention": way["convention"]}
    if way["from"] == "totals":
        table["n"] = record["n"]
    answered = await client.post("/api/skm/compute", json=table)
    assert answered.status_code == 200, answered.text
    index = answered.json()
    assert (index["ikm"], index["grade"]) == (way["index"], way["category"])
    is_published = float(index["ikm"]) == float(record["published"]["index"])
    assert is_published == way["equals_published"]
    assert index["lowest"][: len(record["published"]["lowest"])] == record["published"]["lowest"]


def _sheet(record: dict[str, Any]) -> bytes:
    """A sheet of answers with exactly these totals: who answered what is not published, the sums are."""
    n, lines = record["n"], [",".join(record["elements"])]
    for respondent in range(n):
        # a total t is n answers of t//n, and one more for the first t%n respondents
        lines.append(",".join(str(total // n + (respondent < total % n)) for total in record["totals"]))
    return "\n".join(lines).encode()


WITH_TOTALS = [record for record in RECORDS if "totals" in record]


@pytest.mark.parametrize("record", WITH_TOTALS, ids=[record["id"] for record in WITH_TOTALS])
async def test_a_published_table_imported_as_answers_gives_its_published_index(
    app: Litestar, client: httpx.AsyncClient, cast: Cast, clock: Clock, record: dict[str, Any]
) -> None:
    counter = await app.state.counters.find(cast.code())
    done = await import_responses(app.state.intake, counter, _sheet(record), None, clock.now)
    assert (done.new, done.repeated, done.conflicts) == (record["n"], 0, 0)
    for way in record["reproduce"]:
        if way["from"] != "totals":
            continue
        index = await client.get(
            "/api/units/dinas-kependudukan/index", params={"convention": _convention_name(way["convention"])}
        )
        assert (index.json()["ikm"], index.json()["grade"]) == (way["index"], way["category"])


def _convention_name(convention: dict[str, Any]) -> str:
    names = {
        ("1/k", None, None): "exact",
        ("1/k", 3, None): "exact-nrr3",
        ("0.11", None, None): "w0.11",
        ("0.111", None, None): "w0.111",
        ("0.111", None, 2): "w0.111-sum2",
    }
    return names[convention["weight"], convention.get("nrr_places"), convention.get("sum_places")]


async def test_the_kediri_table_gives_its_running_index_row_by_row(
    app: Litestar, client: httpx.AsyncClient, cast: Cast, clock: Clock
) -> None:
    content = (HERE / "kediri_app_2024.csv").read_bytes()
    counter = await app.state.counters.find(cast.code())
    done = await import_responses(app.state.intake, counter, content, "questionnaire", clock.now)
    assert done.new == 20
    assert done.unknown_columns == ("published_running_ikm",)
    index = (await client.get("/api/units/dinas-kependudukan/index")).json()
    assert (index["n"], index["ikm"], index["grade"]) == (20, "77.50", "B")
    again = await import_responses(app.state.intake, counter, content, "questionnaire", clock.now)
    assert (again.new, again.repeated) == (0, 20)
    may = (await client.get("/api/units/dinas-kependudukan/index", params={"period": "2024-05"})).json()
    assert (may["n"], may["ikm"]) == (
        17,
        "77.29",
    )  # the running index printed beside the last row of May is 77.2876
