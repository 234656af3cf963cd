"""Published results of PEKPPP, recomputed: expected numbers come only from the file beside this one."""

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.inspections.instrument import Instrument
from server.inspections.national import nationals
from server.inspections.rollup import UnitResult, city
from server.inspections.scoring import CONVENTIONS, Observed, PartScore, band_of, rounded, score
from server.skm.index import half_up

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "ipp.json").read_text())
BARENG = PUBLISHED["tables"][0]
JEMBER = PUBLISHED["units_to_city"][0]
POLRI = PUBLISHED["distributions"][0]


def instrument_of(record: Mapping[str, Any]) -> Instrument:
    return nationals()[record["instrument"].replace("-", "/", 1)]


def rows() -> list[tuple[str, int, str, str]]:
    return [tuple(row) for aspect in BARENG["aspects"] for row in aspect["rows"]]


def bareng(convention: str) -> dict[str, PartScore]:
    """The aspects of the puskesmas' form, by their name."""
    instrument = instrument_of(BARENG)
    keys = {indicator.code: indicator.key for _, indicator in instrument.indicators}
    findings = {keys[code]: Observed(value=Decimal(given), note="F-01") for code, given, _, _ in rows()}
    found = score(instrument, findings, convention)
    assert found.index is None
    assert found.status == "belum lengkap, 20 dari 37"
    return {part.part.name: part for part in found.parts}


@pytest.mark.pure
@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("aspect", BARENG["aspects"], ids=lambda aspect: aspect["name"])
def test_the_aspects_of_a_puskesmas_come_out_as_printed(aspect: Any, convention: str) -> None:
    part = bareng(convention)[aspect["name"]]
    assert part.score is not None and part.contribution is not None
    assert str(rounded(part.score)) == aspect["aspect_score"]
    assert str(rounded(part.contribution)) == aspect["index_part"]
    assert part.part.weight == Decimal(aspect["aspect_weight_pct"])


@pytest.mark.pure
@pytest.mark.parametrize(("code", "given", "weight", "value"), rows(), ids=lambda one: str(one))
def test_every_line_of_the_form_comes_out_as_printed(code: str, given: int, weight: str, value: str) -> None:
    lines = {line.indicator.code: line for part in bareng("exact").values() for line in part.lines}
    line = lines[code]
    assert line.product is not None
    assert line.weight == Fraction(weight)
    assert str(half_up(line.product, 3)) == value


@pytest.mark.pure
def test_exact_fractions_instead_of_the_published_weights_give_another_score() -> None:
    """5/56, 4/56 and n/22 would be "more exact" and wrong: the record's note says 3.41 and 2.82."""
    parts = {part.part.name: part for part in bareng("exact").values()}
    points = {"8.9": Fraction(5, 56), "7.1": Fraction(4, 56)}
    points |= {"18.2": Fraction(4, 22), "13.6": Fraction(3, 22), "9.1": Fraction(2, 22)}
    wrong = {
        aspect["name"]: rounded(sum(points[weight] * given for _, given, weight, _ in aspect["rows"]))
        for aspect in BARENG["aspects"]
    }
    assert [str(one) for one in wrong.values()] == ["3.41", "2.82"]
    assert all(rounded(parts[name].score) != wrong[name] for name in wrong)  # type: ignore[arg-type]


@pytest.mark.pure
def test_the_citys_index_is_the_plain_mean_of_its_units() -> None:
    units = [UnitResult(name, Fraction(index)) for name, index in JEMBER["units"].items()]
    found = city(units, "mean_of_units")
    assert found.index is not None
    assert str(rounded(found.index)) == JEMBER["published_total"]
    band = band_of(instrument_of(JEMBER), found.index)
    assert band is not None and band.code == JEMBER["category"]
    assert found.label == "rata-rata unit tanpa bobot, 3 unit"


@pytest.mark.pure
def test_the_categories_carry_the_published_mean_of_209_units() -> None:
    """The units' own numbers are not published: their categories must allow the mean that is."""
    bands = {band.code: band for band in instrument_of(POLRI).bands_on(None)}
    counts = POLRI["counts"]
    assert sum(counts.values()) == POLRI["n"]
    lowest = sum(Fraction(bands[code].lowest) * n for code, n in counts.items()) / POLRI["n"]
    highest = sum(Fraction(bands[code].highest) * n for code, n in counts.items()) / POLRI["n"]
    assert lowest <= Fraction(POLRI["published_mean"]) <= highest


@pytest.mark.pure
@pytest.mark.parametrize(("year", "mean"), POLRI["series"].items())
def test_a_published_mean_has_a_category(year: str, mean: str) -> None:
    band = band_of(instrument_of(POLRI), Fraction(mean))
    assert band is not None
    assert band.code == {"2018": "B-", "2019": "B", "2020": "B"}[year]
    assert band.lowest <= Decimal(mean) <= band.highest


async def test_the_puskesmas_comes_out_through_the_door(client: httpx.AsyncClient) -> None:
    instrument = instrument_of(BARENG)
    keys = {indicator.code: indicator.key for _, indicator in instrument.indicators}
    answered = await client.post(
        "/api/instruments/pekppp/2017/compute",
        json={"findings": {keys[code]: given for code, given, _, _ in rows()}},
    )
    assert answered.status_code == 200, answered.text
    found = answered.json()
    assert found["index"] is None
    for code, aspect in zip("ab", BARENG["aspects"], strict=True):
        told = found["aspects"][code]
        assert (told["score"], told["contribution"]) == (aspect["aspect_score"], aspect["index_part"])
    for key, _, _, value in [(keys[code], given, weight, value) for code, given, weight, value in rows()]:
        told = next(
            part["indicators"][key] for part in found["aspects"].values() if key in part["indicators"]
        )
        assert told["product"] == value
