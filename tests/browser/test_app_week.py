"""A week without a network: the calendar goes on, the app starts from itself, and one sign-in later all is sent."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect
from sqlalchemy import delete

from server.accounts.tables import SignedIn
from server.clock import wall_clock
from tests.cast import PASSWORD
from tests.faults.field import Office, Phone, agrees

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AWAY = timedelta(days=8)

LATER = f"""
import datetime
import server.clock

server.clock.wall_clock = lambda: datetime.datetime.now(datetime.UTC) + datetime.timedelta(days={AWAY.days})
"""
"""Read by the server's Python as it starts: its clock shows the day of the return."""

CALENDAR = f"""
  const Today = Date, away = {AWAY.days} * 24 * 3600 * 1000;
  window.Date = class extends Today {{
    constructor(...given) {{ given.length ? super(...given) : super(Today.now() + away); }}
    static now() {{ return Today.now() + away; }}
  }};
"""
"""Told before the app's modules load."""


async def test_after_a_week_offline_one_sign_in_sends_everything(
    tmp_path: Path, phone: BrowserContext
) -> None:
    (tmp_path / "office").mkdir()
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "sitecustomize.py").write_text(LATER)
    async with Office(tmp_path / "office") as office:
        eka = await office.inspector(2)
        tab = await Phone.opened(phone, office.server.url)
        await tab.sign_in(eka)
        await tab.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        begun = await tab.call(
            "(async () => field.visit((await work.assignments())[0].assignment, { seed: 1, photos: 2 }))()"
        )
        await tab.page.close()
        await asyncio.to_thread(office.server.stop)

        # ── eight days later, still out of reach ──
        await phone.add_init_script(CALENDAR)
        tab = await Phone.opened(phone, office.server.url)
        assert await tab.page.evaluate("new Date().toISOString().slice(0, 10)") == (
            (wall_clock() + AWAY).date().isoformat()
        )
        await tab.call(
            "work.draft(a).then((draft) => ((draft.note = 'hari kedelapan'), work.save(draft)))", begun["id"]
        )
        await tab.call("work.draft(a).then(work.handIn)", begun["id"])
        await tab.call(
            "(async () => work.handIn(await field.visit((await work.assignments())[1].assignment, { seed: 2 })))()"
        )
        await tab.try_to_send()
        assert await tab.unsent() == 2
        queue = await frozen(tab)

        # ── back, and the session is over ──
        async with office.database.writing() as session:
            await session.execute(delete(SignedIn))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", str(tmp_path / "later"))
            await asyncio.to_thread(office.server.start)
        signs_in = 0

        def count(request: object) -> None:
            nonlocal signs_in
            signs_in += (request.method, request.url) == ("POST", f"{office.server.url}/api/session")  # type: ignore[attr-defined]

        tab.page.on("request", count)
        for _ in range(3):
            await tab.try_to_send()
        assert await tab.call("work.needsSignIn()") is True
        assert await frozen(tab) == queue
        assert (await office.holds(eka)).ledger == []
        asks = tab.page.get_by_role("link", name="Masuk")
        await expect(asks).to_have_count(1)
        await asks.click()
        await tab.page.get_by_label("Kata sandi").fill(PASSWORD)
        await tab.page.get_by_role("button", name="Masuk").click()
        await expect(tab.page.get_by_role("link", name="Belum terkirim (0)")).to_be_visible(timeout=20_000)
        assert signs_in == 1
        items = await tab.items()
        assert sorted(item["state"] for item in items) == ["sent", "sent"]
        held = await office.holds(eka)
        agrees(office, held, items)
        # the times are those of the days they were made on
        days = {visit.corrected_at.date() for visit in held.visits if visit.corrected_at}
        assert days <= {(wall_clock() + AWAY).date(), wall_clock().date()}
        assert {abs(visit.skew_ms) < 60_000 for visit in held.visits if visit.skew_ms is not None} == {True}


async def frozen(tab: Phone) -> list[tuple[str, str, list[str]]]:
    """What waits, by what must never change of it."""
    return sorted((item["key"], item["body"], item["photos"]) for item in await tab.items())
