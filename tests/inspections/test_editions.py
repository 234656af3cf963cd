"""Instruments as anybody reads them and the administrator publishes them: immutable, told line by line, comparable."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select

from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.instrument import encoded, sha256_of
from server.inspections.national import content_of, nationals
from server.inspections.tables import Edition
from tests.conftest import Clock

INSTRUMENTS = "/api/inspections/instruments"
SK = "SK Wali Kota 188/2026"


def own_document(version: str = "2026-kota-1", **changes: Any) -> dict[str, Any]:
    """Our own checklist: the Sampang one, without its last item."""
    found: dict[str, Any] = json.loads(content_of("sampang-2018"))
    found["parts"][0]["indicators"].pop()
    return {**found, "version": version, "based_on": "sampang/2018", "title": "Monev Kota", **changes}


async def publish(browser: httpx.AsyncClient, document: Any, reason: str = SK) -> httpx.Response:
    return await browser.post(INSTRUMENTS, json={"instrument": document, "reason": reason})


async def own_version(browser: httpx.AsyncClient, base: str = "pekppp/2022", **wishes: Any) -> httpx.Response:
    return await browser.post(
        f"{INSTRUMENTS}/{base}/editions", json={"version": "2022-kota-1", "reason": SK, **wishes}
    )


async def acts(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    async with database.reading() as session:
        events = await session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(one.act, one.subject, msgspec.json.decode(one.facts)) for one in events]


# ── anybody reads ──


async def test_citizens_read_which_instruments_there_are(client: httpx.AsyncClient) -> None:
    items = (await client.get(INSTRUMENTS)).json()["items"]
    assert [f"{one['code']}/{one['version']}" for one in items] == list(nationals())
    first = items[0]
    assert (first["parts"], first["indicators"], first["source"]) == (7, 31, "national")
    assert (first["legal_basis"], first["in_force_from"]) == ("PermenPANRB 29/2022", "2022-01-01")
    assert first["sha256"] == sha256_of(nationals()["pekppp/2022"])
    assert (first["withdrawn"], first["based_on"], first["reason"]) == (False, None, None)
    assert all(one["doubts"] > 0 for one in items)


async def test_an_instrument_is_read_whole_and_asked_for_again_only_if_it_changed(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(f"{INSTRUMENTS}/pekppp/2022")
    body = answer.json()
    assert msgspec.json.encode(body["instrument"], order="sorted") == encoded(nationals()["pekppp/2022"])
    assert answer.headers["etag"] == f'"{body["sha256"]}"'
    again = await client.get(f"{INSTRUMENTS}/pekppp/2022", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(f"{INSTRUMENTS}/pekppp/2017", headers={"If-None-Match": answer.headers["etag"]})
    assert other.status_code == 200


async def test_an_unknown_instrument_is_not_found(client: httpx.AsyncClient) -> None:
    for address in ("pekppp/1999", "lain/2022", "pekppp/1999/difference"):
        answer = await client.get(f"{INSTRUMENTS}/{address}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_instrument")


async def test_two_instruments_are_compared_in_sentences(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{INSTRUMENTS}/pekppp/2022/difference", params={"from": "pekppp/2017"})
    found = answer.json()
    assert found["from"]["address"] == "pekppp/2017"
    assert "Bagian a Kebijakan Pelayanan: bobot 30 % → 24 %" in found["tells"]
    assert "Bagian a Kebijakan Pelayanan: jumlah bobot indikator 99,5 % → 100 %" in found["tells"]
    assert found["sums_as_before"] is False
    assert {
        "place": "Bagian a Kebijakan Pelayanan",
        "what": "bobot",
        "before": "30 %",
        "after": "24 %",
    } in found["changes"]


async def test_what_was_made_from_nothing_needs_something_to_compare_with(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{INSTRUMENTS}/pekppp/2022/difference")
    assert (answer.status_code, answer.json()["field"]) == (422, "from")
    answer = await client.get(f"{INSTRUMENTS}/pekppp/2022/difference", params={"from": "pekppp/1999"})
    assert answer.status_code == 404


# ── the administrator publishes ──


async def test_ani_publishes_and_citizens_read_and_compute(
    client: httpx.AsyncClient, sign_in: Any, database: Database
) -> None:
    ani = await sign_in("ani")
    answer = await publish(ani.browser, own_document())
    assert answer.status_code == 201, answer.text
    assert (answer.json()["source"], answer.json()["reason"]) == ("city", SK)
    assert any("dihapus" in one for one in answer.json()["difference"]["tells"])
    items = (await client.get(INSTRUMENTS)).json()["items"]
    assert (items[-1]["version"], items[-1]["indicators"]) == ("2026-kota-1", 5)
    assert (await client.get(f"{INSTRUMENTS}/sampang/2026-kota-1")).json()["instrument"][
        "title"
    ] == "Monev Kota"
    score = await client.post(
        "/api/instruments/sampang/2026-kota-1/compute",
        json={"findings": {**dict.fromkeys("1234", "ada"), "5": "tidak_ada"}},
    )
    assert score.json()["index"] == "80.00"  # four of five
    (published,) = [one for one in await acts(database) if one[0] == "instrument_published"]
    assert published[1] == "instrument sampang/2026-kota-1"
    assert published[2]["reason"] == SK
    assert published[2]["after"]["sha256"] == answer.json()["sha256"]


async def test_a_published_version_never_changes(sign_in: Any, database: Database) -> None:
    ani = await sign_in("ani")
    first = await publish(ani.browser, own_document())
    again = await publish(ani.browser, own_document())
    assert (again.status_code, again.json()["sha256"]) == (200, first.json()["sha256"])
    other = await publish(ani.browser, own_document(title="Monev Kota, diperbaiki"))
    assert (other.status_code, other.json()["code"]) == (409, "version_taken")
    assert (await publish(ani.browser, own_document("2026-kota-2"))).status_code == 201
    assert [one[0] for one in await acts(database)].count("instrument_published") == 2


async def test_a_national_version_is_not_the_citys_to_publish(sign_in: Any) -> None:
    ani = await sign_in("ani")
    for changes in (
        {"version": "2018", "based_on": ""},
        {"code": "sampang-2018"},
        {"code": "pekppp-2022", "version": "1"},
    ):
        answer = await publish(ani.browser, own_document(**changes))
        assert (answer.status_code, answer.json()["code"]) == (409, "version_taken"), changes
    unchanged = await publish(ani.browser, json.loads(content_of("sampang-2018")))
    assert (unchanged.status_code, unchanged.json()["source"]) == (200, "national")


@pytest.mark.parametrize("who", ["gita", "budi", "citra", "eka"])
async def test_only_the_administrator_publishes(sign_in: Any, database: Database, who: str) -> None:
    person = await sign_in(who)
    for answer in (
        await publish(person.browser, own_document()),
        await own_version(person.browser, weights={"15": "20"}),
        await person.browser.post(f"{INSTRUMENTS}/sampang/2018/withdrawal", json={"reason": SK}),
    ):
        assert answer.status_code == 403, answer.text
    async with database.reading() as session:
        assert await session.scalar(select(Edition)) is None


async def test_a_citizen_does_not_publish(client: httpx.AsyncClient) -> None:
    assert (await publish(client, own_document())).status_code in (303, 401)


async def test_faults_are_told_with_their_lines(sign_in: Any) -> None:
    ani = await sign_in("ani")
    document = own_document()
    document["parts"][0]["indicators"][1]["key"] = "1"
    document["scale"]["highest"] = "0"
    written = json.dumps(document, indent=1, ensure_ascii=False)
    lines = written.splitlines()
    scale = next(n for n, line in enumerate(lines, 1) if '"scale"' in line)
    second = [n for n, line in enumerate(lines, 1) if '"key": "1"' in line][1]
    answer = await ani.browser.post(
        INSTRUMENTS,
        content=f'{{"reason": "{SK}",\n\n "instrument": {written}}}',
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_instrument")
    faults = {(fault["line"], fault["path"]) for fault in answer.json()["faults"]}
    assert (scale, "$.scale") in faults
    assert (second, "$.parts[0].indicators[1].key") in faults
    assert f"Baris {scale}:" in answer.json()["detail"]


async def test_a_file_sent_as_text_has_even_its_syntax_told_by_line(sign_in: Any) -> None:
    ani = await sign_in("ani")
    written = content_of("sampang-2018").decode().replace('"maximum": "100",', '"maximum": "100"')
    line = written[: written.index('"maximum"')].count("\n") + 2
    answer = await publish(ani.browser, written)
    assert answer.status_code == 422
    assert [fault["line"] for fault in answer.json()["faults"]] == [line]
    whole = json.dumps(own_document(), indent=1)
    assert (await publish(ani.browser, whole)).status_code == 201


async def test_an_instrument_made_from_an_unknown_one_is_refused(sign_in: Any) -> None:
    ani = await sign_in("ani")
    answer = await publish(ani.browser, own_document(based_on="sampang/1999"))
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == ["$.based_on"]


async def test_publishing_needs_a_reason(sign_in: Any) -> None:
    ani = await sign_in("ani")
    for reason in ("", "  ", "x" * 501):
        answer = await publish(ani.browser, own_document(), reason)
        assert (answer.status_code, answer.json()["field"]) == (422, "reason")
    answer = await ani.browser.post(INSTRUMENTS, json={"instrument": own_document()})
    assert answer.status_code == 422


# ── versions of the city's own ──


async def test_other_weights_are_a_version_of_the_citys_own(client: httpx.AsyncClient, sign_in: Any) -> None:
    ani = await sign_in("ani")
    answer = await own_version(ani.browser, weights={"15": "20", "16": 18})
    assert answer.status_code == 201, answer.text
    assert answer.json()["based_on"] == "pekppp/2022"
    found = (await client.get(f"{INSTRUMENTS}/pekppp/2022-kota-1/difference")).json()
    assert found["sums_as_before"] is True
    assert "Indikator 15 Tersedia tempat parkir dengan fasilitas…: bobot 15 % → 20 %" in found["tells"]
    assert any("bobot 23 % → 18 %" in one for one in found["tells"])
    again = await own_version(ani.browser, weights={"15": "20", "16": "18"})
    assert again.status_code == 200
    other = await own_version(ani.browser, weights={"15": "21"})
    assert (other.status_code, other.json()["code"]) == (409, "version_taken")
    next_one = await own_version(ani.browser, "pekppp/2022-kota-1", version="2023-kota-1", without=["31"])
    assert (next_one.status_code, next_one.json()["based_on"]) == (201, "pekppp/2022-kota-1")


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({}, "Tidak ada yang berubah"),
        ({"weights": {"99": "5"}}, "Indikator “99” tidak ada"),
        ({"weights": {"15": "-1"}}, "Bobot tidak boleh kurang dari 0"),
        ({"weights": {"15": "20"}, "version": "latest"}, "latest"),
        ({"weights": {"15": "20"}, "version": "Kota!"}, "huruf kecil"),
    ],
)
async def test_a_version_that_cannot_be_is_refused_in_plain_words(
    sign_in: Any, wishes: dict[str, Any], told: str
) -> None:
    ani = await sign_in("ani")
    answer = await own_version(ani.browser, **wishes)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_instrument")
    assert told in answer.json()["detail"]
    assert "Baris" not in answer.json()["detail"]  # of a file nobody has seen


async def test_a_withdrawn_version_is_marked_and_can_still_be_computed(
    client: httpx.AsyncClient, sign_in: Any, database: Database, clock: Clock
) -> None:
    ani = await sign_in("ani")
    await own_version(ani.browser, weights={"15": "20"})
    address = f"{INSTRUMENTS}/pekppp/2022-kota-1"
    before = (await client.get(address)).headers["etag"]
    withdrawal = {"reason": "diganti SK 190/2026"}
    assert (await ani.browser.post(f"{address}/withdrawal", json=withdrawal)).status_code == 201
    clock.forward(hours=1)
    assert (await ani.browser.post(f"{address}/withdrawal", json=withdrawal)).status_code == 200
    read = await client.get(address, headers={"If-None-Match": before})
    assert (read.status_code, read.json()["withdrawn"]) == (200, True)
    score = await client.post("/api/instruments/pekppp/2022-kota-1/compute", json={"findings": {"15": 3}})
    assert score.json()["filled"] == 1
    (withdrawn,) = [one for one in await acts(database) if one[0] == "instrument_withdrawn"]
    assert withdrawn[2]["reason"] == "diganti SK 190/2026"


async def test_national_and_unknown_versions_are_not_withdrawn(sign_in: Any) -> None:
    ani = await sign_in("ani")
    answer = await ani.browser.post(f"{INSTRUMENTS}/pekppp/2022/withdrawal", json={"reason": SK})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    answer = await ani.browser.post(f"{INSTRUMENTS}/pekppp/1999/withdrawal", json={"reason": SK})
    assert answer.status_code == 404
