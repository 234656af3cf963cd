"""The published rules at work: what they leave out, what they must not, and who may overrule them."""

import httpx
from litestar import Litestar

from server.database import Database
from server.skm.rules import ELEMENTS
from server.surveys import storage
from tests.cast import Cast, Citizen, any_id, sheet
from tests.conftest import Clock

INDEX = "/api/units/dinas-kependudukan/index"


async def swept(app: Litestar, client: httpx.AsyncClient, database: Database) -> tuple[int, dict[str, int]]:
    """After judging: how many count, and how many each rule leaves out; tallies and answers agree."""
    await app.state.sweeper.sweep()
    async with database.reading() as session:
        assert [difference async for difference in storage.differences(session)] == []
    index = (await client.get(INDEX)).json()
    return index["n"], index["excluded"]


async def test_an_answer_faster_than_one_second_a_question_is_left_out(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    response_id, token = await dewi.open(cast.code())
    clock.forward(seconds=4)
    await dewi.put(response_id, sheet(cast.code(), token=token))
    assert await swept(app, client, database) == (0, {"R2": 1})


async def test_of_one_page_sent_many_times_under_other_ids_the_first_counts(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    _, token = await dewi.open(cast.code())
    for _ in range(6):
        clock.forward(seconds=60)
        await dewi.put(any_id(), sheet(cast.code(), 4, token=token))
    assert await swept(app, client, database) == (1, {"R3": 5})
    assert await swept(app, client, database) == (1, {"R3": 5})


async def test_one_phone_counts_three_times_a_day_and_again_tomorrow(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    for _ in range(5):
        await dewi.answer(cast.code(), device="ponsel-hari-ini")
    assert await swept(app, client, database) == (3, {"R4": 2})
    clock.forward(days=1)
    await dewi.answer(cast.code(), device="ponsel-hari-ini")
    assert await swept(app, client, database) == (4, {"R4": 2})


async def test_a_flood_at_night_is_left_out_whole_and_the_day_before_it_is_not(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    await dewi.answer(cast.code(), 2)
    clock.forward(hours=12)  # after ten at night
    pages = [await dewi.open(cast.code()) for _ in range(15)]
    clock.forward(seconds=30)
    for response_id, token in pages:
        clock.forward(seconds=5)
        await dewi.put(response_id, sheet(cast.code(), 4, token=token))
    assert await swept(app, client, database) == (1, {"R5": 15})


async def test_a_busy_queue_behind_one_address_is_never_punished(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    for minute in range(60):
        await dewi.answer(cast.code(), 1 + minute % 4)  # one a minute, all from the same address
    assert await swept(app, client, database) == (60, {})


async def test_rules_leave_alone_what_a_person_decided(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    _, token = await dewi.open(cast.code())
    ids = [any_id() for _ in range(3)]
    for response_id in ids:
        clock.forward(seconds=60)
        await dewi.put(response_id, sheet(cast.code(), token=token))
    assert await swept(app, client, database) == (1, {"R3": 2})
    async with database.writing() as session:
        assert await storage.review(session, [ids[1]], "") == 1
    await dewi.answer(cast.code())
    assert await swept(app, client, database) == (3, {"R3": 1})


async def test_with_the_rules_off_only_a_missing_token_still_excludes(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    import msgspec

    from server.surveys.acceptance import Acceptance
    from server.surveys.sweeper import Sweeper

    settings = msgspec.structs.replace(app.state.settings, limits=False)
    sweeper = Sweeper(database, clock, is_on=False)
    kept = app.state.acceptance, app.state.sweeper
    app.state.acceptance = Acceptance(settings, database, app.state.intake, sweeper)
    app.state.sweeper = sweeper
    try:
        _, token = await dewi.open(cast.code())
        for _ in range(40):
            await dewi.put(any_id(), sheet(cast.code(), token=token))
        await dewi.put(any_id(), sheet(cast.code()))
        assert await swept(app, client, database) == (40, {"R1": 1})
    finally:
        app.state.acceptance, app.state.sweeper = kept


async def test_a_kiosk_serves_a_whole_day_from_one_page(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    link = app.state.documents.kiosk_address(cast.code()).removeprefix("http://loket.test")
    page = await client.get(link)
    assert page.status_code == 200
    from tests.cast import hidden_field

    token = hidden_field(page.text, "token")
    for _ in range(8):
        answered_at = clock.forward(minutes=20)
        body = sheet(
            cast.code(), dict.fromkeys(ELEMENTS, 3), token=token, answered_at=answered_at.isoformat()
        )
        assert (await dewi.put(any_id(), body)).status_code == 201
    clock.forward(days=3)  # no signal for days, then the queue empties
    late = sheet(cast.code(), 2, token=token, answered_at=answered_at.isoformat())
    assert (await dewi.put(any_id(), late)).json()["day"] == "2026-11-20"
    assert await swept(app, client, database) == (9, {})
