"""The score of findings that somebody brings, by the contract: worked by hand, refused in words, nothing stored."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from server.inspections.instrument import sha256_of
from server.inspections.national import nationals

COUNTED = [str(number) for number in range(1, 31)]
"""The indicators of pekppp/2022 that count; 31 is extra."""


async def asked(
    client: httpx.AsyncClient, findings: Mapping[str, Any], address: str = "pekppp/2022", **more: Any
) -> httpx.Response:
    return await client.post(f"/api/instruments/{address}/compute", json={"findings": findings, **more})


async def told(
    client: httpx.AsyncClient, findings: Mapping[str, Any], address: str = "pekppp/2022", **more: Any
) -> Any:
    answer = await asked(client, findings, address, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(client: httpx.AsyncClient, findings: Mapping[str, Any], **more: Any) -> tuple[str, str]:
    answer = await asked(client, findings, **more)
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["code"] == "bad_finding"
    return body["field"], body["reason"]


async def test_the_highest_everywhere_is_5_and_pelayanan_prima(client: httpx.AsyncClient) -> None:
    score = await told(client, dict.fromkeys(COUNTED, 5), f03="5")
    assert (score["index"], score["conversion"], score["category"]) == ("5.00", "100.00", "A")
    assert (score["ipp"]["index"], score["ipp"]["conversion"]) == ("5.00", "100.00")
    assert score["instrument"] == {
        "code": "pekppp",
        "version": "2022",
        "title": nationals()["pekppp/2022"].title,
        "sha256": sha256_of(nationals()["pekppp/2022"]),
    }


async def test_all_3_with_users_at_4_is_an_ipp_of_3_25(client: httpx.AsyncClient) -> None:
    for f03 in ("4.0", 4.0, 4):
        score = await told(client, dict.fromkeys(COUNTED, 3), f03=f03)
        assert (score["index"], score["ipp"]["index"]) == ("3.00", "3.25")
        assert (score["ipp"]["category"], score["ipp"]["conversion"]) == ("B-", "65.00")


async def test_users_sheets_are_added_up_by_parts(client: httpx.AsyncClient) -> None:
    sheet = {str(number): 4 for number in range(1, 15)}
    score = await told(client, dict.fromkeys(COUNTED, 3), f03=[sheet, {**sheet, "14": 2, "1": None}])
    # by hand: part e (one statement) is 3, the other four are 4: 19 ÷ 5 = 3.8; 0.75 × 3 + 0.25 × 3.8 = 3.2
    assert score["users"]["n"] == 2
    assert score["users"]["index"] == "3.80"
    assert score["ipp"]["index"] == "3.20"


async def test_without_the_users_form_the_combined_index_is_incomplete_and_says_so(
    client: httpx.AsyncClient,
) -> None:
    score = await told(client, dict.fromkeys(COUNTED, 3), f03=None)
    assert (score["form"], score["index"], score["users"]) == ("F-02", "3.00", None)
    assert (score["ipp"]["index"], score["ipp"]["status"]) == (None, "belum lengkap: F-03")


async def test_a_form_with_a_gap_has_no_index(client: httpx.AsyncClient) -> None:
    score = await told(client, {**dict.fromkeys(COUNTED, 5), "7": None}, f03="5")
    assert (score["index"], score["status"], score["missing"]) == (None, "belum lengkap, 29 dari 30", ["7"])
    assert (score["ipp"]["index"], score["ipp"]["status"]) == (None, "belum lengkap: F-02")
    assert score["aspects"]["a"]["score"] is None
    assert score["aspects"]["b"]["score"] == "5.00"


async def test_levels_follow_from_what_was_counted(client: httpx.AsyncClient) -> None:
    score = await told(
        client,
        {
            "16": {"items": ["w1", "w2", "1"]},
            "17": {"value": 2, "items": ["1", "2", "4"], "note": "keran mati"},
            "8": {"done": 3, "planned": 10},
            "9": {"months": 4},
            "15": "3",
            "31": 4,
        },
    )
    facilities = score["aspects"]["c"]["indicators"]
    assert facilities["16"]["value"] == "2"  # both required, one more
    assert (facilities["17"]["value"], facilities["17"]["computed"]) == ("2", "3")
    assert facilities["15"]["value"] == "3"
    assert score["aspects"]["a"]["indicators"]["8"]["value"] == "3"  # 30 %
    assert score["aspects"]["a"]["indicators"]["9"]["value"] == "3"  # within six months
    assert score["filled"] == 5  # 31 is extra


async def test_everything_there_on_the_classic_checklist_is_100_and_green(client: httpx.AsyncClient) -> None:
    keys = [one.key for _, one in nationals()["ombudsman/classic"].indicators]
    for there in ("ada", True, 1, "1"):
        score = await told(client, dict.fromkeys(keys, there), "ombudsman/classic")
        assert (score["index"], score["zone"]) == ("100.00", "hijau")


async def test_what_does_not_apply_leaves_the_sampang_checklist(client: httpx.AsyncClient) -> None:
    found = {**dict.fromkeys("1234", "ada"), "5": "tidak_ada", "6": "tidak_berlaku"}
    assert (await told(client, found, "sampang/2018"))["index"] == "80.00"
    found["6"] = {"not_applicable": True, "note": "tidak ada kotak pos"}  # type: ignore[assignment]
    assert (await told(client, found, "sampang/2018"))["index"] == "80.00"


async def test_four_dimensions_of_the_ombudsman_by_their_weights(client: httpx.AsyncClient) -> None:
    points = {"input": 80, "proses": "90.5", "output": 70, "pengaduan": 85}
    found = {one.key: points[part.code] for part, one in nationals()["ombudsman/2022"].indicators}
    score = await told(client, found, "ombudsman/2022")
    # by hand: 21.85 % of 80 + 32.37 % of 90.5 + 24.24 % of 70 + 21.54 % of 85 = 82.05185
    assert (score["index"], score["category"], score["zone"]) == ("82.05", "B", "hijau")


async def test_a_level_without_a_description_needs_no_reason_where_nothing_is_kept(
    client: httpx.AsyncClient,
) -> None:
    keys = [one.key for _, one in nationals()["pekppp/2017"].indicators]
    score = await told(client, dict.fromkeys(keys, 5), "pekppp/2017")
    # as published: aspects add up to 99.5, 99.9, 99.9: 5 × (30 × 0.995 + 18 × 0.999 + 15 × 0.999 + 37) % = 4.99085
    assert (score["index"], score["category"]) == ("4.99", "A")


async def test_numbers_are_never_binary(client: httpx.AsyncClient) -> None:
    keys = [one.key for _, one in nationals()["ombudsman/2022"].indicators]
    body = '{"findings": {' + ", ".join(f'"{key}": 0.1' for key in keys) + "}}"
    answer = await client.post(
        "/api/instruments/ombudsman/2022/compute", content=body, headers={"Content-Type": "application/json"}
    )
    # a tenth of binary fractions would be off the scale, whose steps are decimal
    assert answer.json()["index"] == "0.10"
    score = await told(client, dict.fromkeys(COUNTED, 3), f03=0.1)
    assert score["ipp"]["f03"] == "0.10"
    # by hand: 0.75 × 3 + 0.25 × 0.1 = 2.275, a half that goes up
    assert score["ipp"]["index"] == "2.28"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "1e-999999999", "1e1", "0x1"])
async def test_a_number_that_is_none_is_refused(client: httpx.AsyncClient, number: str) -> None:
    for written in (number, f'"{number}"', f'{{"value": {number}}}'):
        answer = await client.post(
            "/api/instruments/pekppp/2022/compute",
            content=f'{{"findings": {{"15": {written}}}}}',
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code in (400, 422), (written, answer.text)
        assert answer.json()["code"] in ("unreadable", "bad_finding")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"99": 3}, "unknown_indicator"),
        ({"15": 6}, "off_scale"),
        ({"15": -1}, "off_scale"),
        ({"15": "2.5"}, "off_scale"),
        ({"15": "ada"}, "wrong_measure"),
        ({"15": True}, "wrong_measure"),
        ({"15": "bagus"}, "bad_value"),
        ({"15": [3]}, "bad_value"),
        ({"15": {"nilai": 3}}, "bad_shape"),
        ({"15": {"months": 3}}, "wrong_measure"),
        ({"15": {"items": ["99"]}}, "unknown_item"),
        ({"15": "tidak_berlaku"}, "not_applicable_refused"),
        ({"8": {"done": 11, "planned": 10}}, "off_scale"),
        ({"8": {"done": 10**30, "planned": 10**30}}, "bad_shape"),
        ({"17": {"value": 2, "items": ["1"]}}, "needs_reason"),
    ],
)
async def test_a_finding_that_cannot_be_one_is_refused_by_name(
    client: httpx.AsyncClient, found: dict[str, Any], reason: str
) -> None:
    assert await refused(client, found) == (next(iter(found)), reason)


@pytest.mark.parametrize(
    ("f03", "field", "reason"),
    [
        ("5.1", "f03", "off_scale"),
        ("-1", "f03", "off_scale"),
        ("banyak", "f03", "bad_value"),
        ({"1": 5}, "f03", "bad_value"),
        ([{"1": "5"}], "f03", "bad_shape"),
        ([{"99": 5}], "99", "unknown_question"),
        ([{"1": 6}], "1", "off_scale"),
    ],
)
async def test_a_users_form_that_cannot_be_one_is_refused(
    client: httpx.AsyncClient, f03: Any, field: str, reason: str
) -> None:
    assert await refused(client, {"15": 3}, f03=f03) == (field, reason)


async def test_an_instrument_without_a_users_form_takes_none(client: httpx.AsyncClient) -> None:
    answer = await asked(client, {}, "sampang/2018", f03="4")
    assert (answer.status_code, answer.json()["reason"]) == (422, "no_users_form")
    answer = await asked(client, {}, "pekppp/2022-b", f03=[{"1": 4}])
    assert (answer.status_code, answer.json()["reason"]) == (422, "no_users_form")


async def test_a_way_of_computing_can_be_asked_for(client: httpx.AsyncClient) -> None:
    keys = [one.key for _, one in nationals()["pekppp/2017"].indicators]
    rounded_parts = await told(client, dict.fromkeys(keys, 5), "pekppp/2017", convention="parts-2")
    # by hand: 4.98 × 30 % = 1.49, 5.00 × 18 % = 0.90, 5.00 × 15 % = 0.75, then 0.75 + 0.75 + 0.35
    assert rounded_parts["index"] == "4.99"
    assert rounded_parts["aspects"]["a"]["contribution"] == "1.49"
    answer = await asked(client, {}, convention="kira-kira")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_convention")


@pytest.mark.parametrize("address", ["pekppp-2022/latest", "pekppp-2022/1", "pekppp/latest", "pekppp/2022"])
async def test_an_instrument_is_found_by_code_and_version_or_by_its_id(
    client: httpx.AsyncClient, address: str
) -> None:
    score = await told(client, {"15": 3}, address)
    assert (score["instrument"]["code"], score["instrument"]["version"]) == ("pekppp", "2022")


async def test_an_unknown_instrument_is_not_found(client: httpx.AsyncClient) -> None:
    for address in ("pekppp/1999", "lain/latest", "pekppp-2022/3"):
        answer = await asked(client, {}, address)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_instrument")


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"findings": {"15": ' + b"[" * 100_000, "application/json", 400),
        (b'{"findings": {}}\xff', "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"findings": {}, "lain": 1}', "application/json", 422),
        (b'{"findings": {}, "day": "kemarin"}', "application/json", 422),
        (b'{"findings": {}}', "text/plain", 415),
        (b'{"findings": {}}', "", 415),
        (b" " * (1024 * 1024 + 1), "application/json", 413),
    ],
)
async def test_what_cannot_be_read_is_refused(
    client: httpx.AsyncClient, content: bytes, media_type: str, status: int
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await client.post("/api/instruments/pekppp/2022/compute", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
