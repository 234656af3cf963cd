"""What tests of scores and of pinning share: findings with scores worked by hand, and the addresses of scores."""

from typing import Any
from uuid import uuid4

import httpx
import msgspec

from server.inspections.tables import Assignment, UserSheet
from server.units.tables import Unit
from tests.cast import Staff
from tests.inspections.makers import ADA, TIDAK_ADA, Round

LACKING = {"1.5": TIDAK_ADA, "6.2": TIDAK_ADA, "7.1": TIDAK_ADA}
"""Tariff (12), complaint procedure (3) and satisfaction device (3) are not there: 100 - 18 = 82."""

FIVE_OF_SIX = {**{str(key): ADA for key in range(1, 6)}, "6": TIDAK_ADA}
"""Sampang: five of six are there, the complaint box is not: 100 x 5/6 = 83.33."""
ALL_SIX = {str(key): ADA for key in range(1, 7)}
THREE_OF_SIX = {str(key): ADA if key < 4 else TIDAK_ADA for key in range(1, 7)}

REASON = "Kotak ada di balik pintu, difoto ulang 20 November."


def of_unit(round_: Round, unit: Unit) -> str:
    return f"/api/inspections/evaluations/{round_.id}/units/{unit.slug}"


async def score(who: Staff, round_: Round, unit: Unit) -> dict[str, Any]:
    answered = await who.browser.get(f"{of_unit(round_, unit)}/score")
    assert answered.status_code == 200, answered.text
    found: dict[str, Any] = answered.json()
    return found


async def settle(who: Staff, round_: Round, unit: Unit, indicator: str, **body: Any) -> httpx.Response:
    return await who.browser.post(
        f"{of_unit(round_, unit)}/settlements/{indicator}", json={"reason": REASON, **body}
    )


async def city(who: Staff, round_: Round, **query: Any) -> dict[str, Any]:
    answered = await who.browser.get(f"/api/inspections/evaluations/{round_.id}/score", params=query)
    assert answered.status_code == 200, answered.text
    found: dict[str, Any] = answered.json()
    return found


async def fill_in(round_: Round, unit: Unit, answers: list[int], *, excluded_by: str = "") -> None:
    """Sheets of the users' form, each with the same answer to all fourteen statements."""
    async with round_.database.writing() as session:
        for answer in answers:
            session.add(
                UserSheet(
                    id=uuid4(),
                    evaluation_id=round_.id,
                    unit_id=unit.id,
                    answers=msgspec.json.encode({str(key): answer for key in range(1, 15)}).decode(),
                    body_sha256="0" * 64,
                    received_at=round_.now,
                    excluded_by=excluded_by,
                )
            )


async def assign(round_: Round, person: str, unit: Unit, service_id: int, **facts: Any) -> None:
    async with round_.database.writing() as session:
        session.add(
            Assignment(
                evaluation_id=round_.id,
                unit_id=unit.id,
                service_id=service_id,
                person_id=round_.cast.people[person].id,
                due_day="2026-12-15",
                created_at=round_.now,
                **facts,
            )
        )
