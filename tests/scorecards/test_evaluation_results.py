"""Results of evaluations on public pages: only what is final, with the words that go with the number."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
import pytest_asyncio

from server.database import Database
from server.scorecards.evaluated import period_between
from server.units.tables import Unit
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import ADA, Round, all_at
from tests.inspections.score_makers import ALL_SIX, FIVE_OF_SIX, LACKING, fill_in, of_unit

UNIT = "/unit/dinas-kependudukan"


SignIn = Callable[[str], Awaitable[Staff]]


@pytest_asyncio.fixture
async def gita(sign_in: SignIn) -> Staff:
    return await sign_in("gita")


@pytest.fixture
def round_(database: Database, cast: Cast, clock: Clock) -> Round:
    return Round(database, cast, clock.now)


async def finalise(gita: Staff, round_: Round, unit: Unit) -> None:
    body = {"waive_window": True, "note": "Unit sudah menyatakan tidak menanggapi."}
    answered = await gita.browser.post(f"{of_unit(round_, unit)}/finalisation", json=body)
    assert answered.status_code == 201, answered.text


def section(text: str) -> str:
    """The words of the section on evaluations."""
    found = re.search(r'<section[^>]*aria-labelledby="evaluasi">.*?</section>', text, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


async def test_a_score_is_public_once_it_is_final_and_not_before(
    client: httpx.AsyncClient, cast: Cast, round_: Round, gita: Staff
) -> None:
    await round_.begin("pekppp/2022", title="PEKPPP Mandiri 2026")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    await fill_in(round_, cast.a, [4] * 10)
    before = section((await client.get(UNIT)).text)
    assert before.startswith("Hasil evaluasi Belum ada nilai evaluasi yang final")
    assert section((await client.get("/")).text) == ""

    await finalise(gita, round_, cast.a)
    told = section((await client.get(UNIT)).text)
    # all indicators 3 and users 4.0: 0.75 x 3 + 0.25 x 4 = 3.25, times 20 is 65
    assert "PEKPPP Mandiri 2026 2026 ·" in told
    assert "3,25 dari 5 B- Baik (Dengan Catatan) 65,00" in told
    # the other unit of the round has nothing to show
    other = section((await client.get("/unit/puskesmas-melati")).text)
    assert "PEKPPP" not in other and "3,25" not in other


async def test_the_city_is_told_with_its_method_and_how_many_units_it_rests_on(
    client: httpx.AsyncClient, cast: Cast, round_: Round, gita: Staff
) -> None:
    await round_.begin("sampang/2018", title="Monev 2026", first_day="2026-10-15", last_day="2026-10-17")
    await round_.visit("fajar", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.b, ALL_SIX)
    await finalise(gita, round_, cast.a)
    told = section((await client.get("/")).text)
    assert "Monev 2026 83,33 dari 100" in told
    assert "Sementara: rata-rata 1 dari 2 unit, tanpa bobot" in told
    assert "15 Oktober 2026 sampai 17 Oktober 2026" in told

    await finalise(gita, round_, cast.b)
    told = section((await client.get("/")).text)
    # (83.333… + 100) / 2
    assert "Monev 2026 91,67 dari 100" in told
    assert "Rata-rata 2 unit, tanpa bobot" in told and "Sementara" not in told


async def test_a_zone_is_a_word_beside_its_colour(
    client: httpx.AsyncClient, cast: Cast, round_: Round, gita: Staff
) -> None:
    await round_.begin("ombudsman/classic", title="Kepatuhan 2026")
    findings = {indicator.key: ADA for _, indicator in round_.instrument.indicators} | LACKING
    service = next(one for one in cast.services.values() if one.unit_id == cast.a.id)
    await round_.visit("eka", cast.a, findings, service_id=service.id)
    await finalise(gita, round_, cast.a)
    text = (await client.get(UNIT)).text
    assert '<span class="tag good">Zona hijau</span>' in text
    assert "82,00 dari 100 Zona hijau Kepatuhan Tinggi –" in section(text)


async def test_the_first_units_stand_folded_away_and_lead_to_their_own_page(
    client: httpx.AsyncClient, cast: Cast, round_: Round, gita: Staff
) -> None:
    await round_.begin("sampang/2018")
    await round_.visit("fajar", cast.a, FIVE_OF_SIX)
    await finalise(gita, round_, cast.a)
    text = (await client.get("/")).text
    folded = re.search(
        r"<details class=\"more\">\s*<summary>Unit dengan nilai tertinggi.*?</details>", text, re.S
    )
    assert folded and f'<a href="{UNIT}#evaluasi">' in folded[0]


async def test_the_users_form_says_what_it_is_for_in_its_footer(
    client: httpx.AsyncClient, cast: Cast, round_: Round
) -> None:
    await round_.begin("pekppp/2022")
    text = (await client.get(f"/f/{round_.codes['a']}")).text
    footer = text[text.index("<footer") :]
    assert "Formulir pendapat pengguna untuk penilaian pelayanan publik" in footer
    assert "Survei Kepuasan Masyarakat" not in footer
    assert "Survei Kepuasan Masyarakat" in (await client.get("/")).text


@pytest.mark.pure
def test_a_whole_year_is_told_as_one() -> None:
    assert period_between("2025-01-01", "2025-12-31").code == "2025"
    assert period_between("2025-01-01", "2025-12-30").code is None
