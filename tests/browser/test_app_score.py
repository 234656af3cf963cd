"""The preview of a score on the phone equals the server's: random findings of every instrument, computed by both."""

import base64
import json
import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import BrowserContext, Page

from server.inspections.instrument import (
    Count,
    Indicator,
    Instrument,
    Ladder,
    Months,
    Percent,
    encoded,
)
from server.inspections.national import nationals
from server.inspections.scoring import CONVENTIONS, Observed, PartScore, rounded, score
from server.skm.index import half_up

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SEED = 2026
SETS = 120
SCRIPT = Path(__file__).parents[2] / "web" / "app" / "shared" / "score.js"

COMPUTE = """async ([script, instrument, cases]) => {
  const { fixed, score } = await import(script);
  const told = (value) => (value === null ? null : fixed(value));
  return cases.map(([findings, convention]) => {
    const whole = score(instrument, findings, convention);
    return {
      index: told(whole.index),
      filled: whole.filled,
      missing: whole.missing,
      faults: Object.values(whole.judged).filter((one) => one.fault).length,
      parts: whole.parts.map((one) => [one.filled, one.total, told(one.score), told(one.contribution)]),
    };
  });
}"""


async def test_the_preview_equals_the_servers_score(phone: BrowserContext) -> None:
    dice = random.Random(SEED)
    page = await phone.new_page()
    compared = 0
    for address, instrument in nationals().items():
        for variant in variants(instrument):
            cases = [case(variant, dice) for _ in range(SETS)]
            told = await previewed(page, variant, cases)
            for (findings, convention), seen in zip(cases, told, strict=True):
                assert seen == expected(variant, findings, convention), (address, convention, findings)
            compared += len(cases)
    assert compared >= 500


async def test_what_the_server_refuses_is_a_fault_on_the_phone(phone: BrowserContext) -> None:
    page = await phone.new_page()
    instrument = nationals()["pekppp/2022"]
    wrong: list[dict[str, Any]] = [
        {"8": {"done": 4, "planned": 3}},
        {"8": {"planned": 3}},
        {"9": {"months": -1}},
        {"31": {"value": 3}},
        {"1": {"value": 6}},
        {"2": {"items": ["1", "2"], "value": 5}},
    ]
    told = await previewed(page, instrument, [(findings, "exact") for findings in wrong])
    assert [one["faults"] for one in told] == [1] * len(wrong)
    for findings in wrong:
        with pytest.raises(ValueError):
            score(instrument, observed(findings))


def variants(instrument: Instrument) -> Iterator[Instrument]:
    """The instrument as published, and what the national ones never do but a city's own may."""
    yield instrument
    if instrument.aggregation == "weighted":
        yield msgspec.structs.replace(instrument, renormalise=True, not_applicable="leaves")
        yield msgspec.structs.replace(instrument, aggregation="mean", not_applicable="leaves")
    else:
        yield msgspec.structs.replace(instrument, renormalise=True, not_applicable="leaves")


def case(instrument: Instrument, dice: random.Random) -> tuple[dict[str, Any], str]:
    """Mostly complete, because only then there is an index; sometimes with gaps."""
    gaps = dice.choice([0, 0, 0, 0.02, 0.3])
    leaves = instrument.not_applicable == "leaves"
    away = dice.choice([0, 0.1, 0.6]) if leaves else 0
    findings = {
        indicator.key: {"not_applicable": True}
        if dice.random() < away
        else found(instrument, indicator, dice)
        for _, indicator in instrument.indicators
        if dice.random() >= gaps
    }
    return findings, dice.choice(list(CONVENTIONS))


def found(instrument: Instrument, indicator: Indicator, dice: random.Random) -> dict[str, Any]:
    scale = instrument.scale
    steps = int((scale.highest - scale.lowest) / scale.step)
    # a phone sends decimals as texts
    value: Any = str(scale.lowest + scale.step * dice.randint(0, steps))
    measured: dict[str, Any] = {}
    match indicator.scoring:
        case Ladder(levels=levels):
            value = dice.choice(list(levels))
        case Count(items=items, required=required):
            keys = [item.key for item in (*items, *required)]
            measured = {"items": [key for key in keys if dice.random() < dice.choice([0.3, 0.9])]}
        case Percent():
            planned = dice.choice([0, 1, 3, 5, 7, 10, 100])
            measured = {"done": dice.randint(0, planned), "planned": planned}
        case Months():
            measured = {"months": dice.randint(0, 15)}
    if measured and dice.random() < 0.8:
        return {**measured, "note": ""}
    return {**measured, "value": value, "note": "dilihat di tempat"}


async def previewed(page: Page, instrument: Instrument, cases: list[tuple[dict[str, Any], str]]) -> Any:
    script = "data:text/javascript;base64," + base64.b64encode(SCRIPT.read_bytes()).decode()
    return await page.evaluate(COMPUTE, [script, json.loads(encoded(instrument)), cases])


def expected(instrument: Instrument, findings: Mapping[str, Any], convention: str) -> dict[str, Any]:
    whole = score(instrument, observed(findings), convention)
    return {
        "index": None if whole.index is None else str(rounded(whole.index)),
        "filled": whole.filled,
        "missing": list(whole.missing),
        "faults": 0,
        "parts": [told(part) for part in whole.parts],
    }


def told(part: PartScore) -> list[Any]:
    sums = [None if one is None else str(half_up(one, 2)) for one in (part.score, part.contribution)]
    return [part.filled, part.total, *sums]


def observed(findings: Mapping[str, Any]) -> dict[str, Observed]:
    return {
        key: Observed(
            value=None if one.get("value") is None else Decimal(str(one["value"])),
            items=None if one.get("items") is None else tuple(one["items"]),
            done=one.get("done"),
            planned=one.get("planned"),
            months=one.get("months"),
            is_not_applicable=one.get("not_applicable", False),
            note=one.get("note", ""),
        )
        for key, one in findings.items()
    }
