"""The audit trail as the administrator reads it."""

from sqlalchemy import update

from server.accounts import audit
from server.accounts.access import Role, Viewer
from server.accounts.tables import AuditEvent


async def _fill(database, clock, cast, count):
    ani = Viewer(cast.people["ani"].id, "ani", "Ani", Role.ADMINISTRATOR, None, None)
    async with database.writing() as session:
        for number in range(count):
            before, after = {"name": f"Unit {number}"}, {"name": f"Unit baru {number}"}
            await audit.record(
                session, clock.now, ani, "unit_changed", f"unit:nomor-{number}", before=before, after=after
            )


async def test_it_tells_who_changed_what_from_what_to_what(sign_in, database, clock, cast):
    await _fill(database, clock, cast, 1)
    page = (await (await sign_in("ani")).get("/staff/audit")).text
    assert "mengubah unit" in page
    assert "<del>Unit 0</del> → Unit baru 0" in page
    assert "20 November 2026, 10.00 WIB" in page


async def test_it_shows_a_page_at_a_time_newest_first(sign_in, database, clock, cast):
    await _fill(database, clock, cast, 53)
    ani = await sign_in("ani")
    first = (await ani.get("/staff/audit")).text
    assert "unit:nomor-52" in first and "unit:nomor-2<" not in first
    assert 'rel="next" href="/staff/audit?before=4"' in first
    second = (await ani.get("/staff/audit", before=4)).text
    assert "unit:nomor-2<" in second and "unit:nomor-3<" not in second
    assert 'rel="next"' not in second


async def test_it_filters_by_subject(sign_in, database, clock, cast):
    await _fill(database, clock, cast, 3)
    page = (await (await sign_in("ani")).get("/staff/audit", subject="unit:nomor-1")).text
    assert "unit:nomor-1<" in page and "unit:nomor-2<" not in page


async def test_it_says_that_the_trail_is_whole(sign_in, database, clock, cast):
    await _fill(database, clock, cast, 3)
    page = await (await sign_in("ani")).post("/staff/audit/check")
    assert page.status_code == 200
    assert "Jejak audit utuh" in page.text and "Semua 3 catatan" in page.text


async def test_it_names_the_rows_that_somebody_changed_behind_its_back(sign_in, database, clock, cast):
    await _fill(database, clock, cast, 3)
    async with database.writing() as session:
        await session.execute(update(AuditEvent).where(AuditEvent.id == 2).values(actor="budi"))
    page = await (await sign_in("ani")).post("/staff/audit/check")
    assert "Jejak audit tidak utuh" in page.text
    assert "Nomor catatan: 2." in page.text
