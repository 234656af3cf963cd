"""Bad days of an inspector's phone, one each: nothing is lost, nothing is sent twice, nothing is claimed."""

import asyncio
import base64
import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Error, Page
from sqlalchemy import delete

from server.accounts.tables import SignedIn
from server.clock import wall_clock
from server.inspections.national import nationals
from server.inspections.own_version import Wishes, own_version
from server.inspections.scores.gather import score_of_visit
from server.inspections.scores.storage import score_of_unit
from server.inspections.scoring import Observed, score
from server.inspections.storage import keep_edition
from server.inspections.tables import Evaluation
from server.units.tables import Unit
from tests.disks import small_disk
from tests.faults.conftest import NewPhone
from tests.faults.day import Day
from tests.faults.field import (
    CLOSES_STORES,
    REMEMBERS_STORES,
    THREE_YEARS_MS,
    Office,
    Phone,
    agrees,
    clock_off_by,
    settled,
)
from tests.faults.proxy import INSTEAD, Fault, Proxy
from tests.faults.shells import kept, next_version, shell_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]


async def in_charge(page: Page) -> None:
    """Waits until the service worker answers for the page."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    while not await page.evaluate("!!navigator.serviceWorker.controller"):
        await asyncio.sleep(0.05)


# ── who answers is not always the office ──


async def test_whoever_else_answers_everything_stays_unsent(day: Day) -> None:
    await day.begins(2)
    await day.is_worked_offline(1000)
    for place in ("/api/", "/api/sync/push", "/api/photos"):
        for harm in INSTEAD:
            day.network.stands_in(Fault(harm), place)
            await day.phone.try_to_send()
            assert await day.phone.unsent() == 2, harm
            assert len((await day.held()).visits) == (2 if place == "/api/photos" else 0), harm
    assert (await day.held()).pieces == []
    await day.ends_as_without_faults()


async def test_an_answer_that_never_comes_holds_nothing_up_for_ever(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(1)
    async with new_phone() as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(f"{network.url}/app/")
        phone = await Phone(page).ready()
        await phone.sign_in(eka)
        network.stands_in(Fault("silence"))
        await phone.make(1100, 1)
        await page.evaluate(
            "void (window.tap = field.call((work) => work.sendNow()).catch(() => null).then(() => true))"
        )
        while not any("silence" in line for line in network.log):
            await asyncio.sleep(0.05)
        network.is_good()
        await page.clock.fast_forward("10:00")
        assert await page.evaluate("tap")
        await phone.send_all()
        await settled(office, eka, phone, 1)


async def test_half_an_address_of_an_upload_is_none(day: Day) -> None:
    await day.begins(1)
    await day.is_worked_offline(1150)
    day.network.stands_in(Fault("half_address"), "/api/photos")
    await day.phone.try_to_send()
    assert not [line for line in day.network.log if "/api/photos/ " in line], "a browser takes it for whole"
    await day.ends_as_without_faults()


async def test_a_photo_that_the_server_cannot_take_holds_no_other_up(day: Day) -> None:
    await day.begins(2)
    await day.is_worked_offline(1200, 3)
    day.network.stands_in(Fault("e500"), "/api/photos/")
    await day.phone.try_to_send()
    # the one that was begun first fails from now on; the others may pass
    begun = next(line.split()[1] for line in day.network.log if line.startswith("PATCH"))
    day.network.stands_in(Fault("e500"), begun)
    for _ in range(4):
        await day.phone.try_to_send()
    items = await day.phone.items()
    assert {row.sha256 for row in (await day.held()).awaited} == {
        sha256 for item in items for sha256 in item["photos"] if sha256 not in item["held"]
    }
    assert sorted(item["state"] for item in items) == ["photos", "sent"]
    await day.ends_as_without_faults()


# ── the app changes ──


@pytest.mark.parametrize("version", kept())
async def test_an_old_app_sends_to_a_new_server(
    version: str, new_phone: NewPhone, office: Office, elsewhere: Office, network: Proxy
) -> None:
    """It starts without a network as it did on its own day, and goes on until somebody takes the new one."""
    async with new_phone() as context:
        network.shell = shell_of(version)
        phone = await Phone.opened(context, network.url)
        day = Day(office, elsewhere, network, phone)
        await day.begins(2)
        await in_charge(phone.page)
        await day.is_worked_offline(2000)
        network.shell = None
        network.is_good()
        await phone.page.reload()
        await phone.ready()
        script = await phone.page.evaluate("fetch('/app/main.js').then((answer) => answer.text())")
        assert script == shell_of(version)["main.js"].plain.decode()
        await day.ends_as_without_faults()


@pytest.mark.parametrize("is_asked", [True, False], ids=["by-a-tap", "by-closing-the-app"])
async def test_a_new_app_waits_over_unsent_records_and_then_starts_without_a_network(
    is_asked: bool, new_phone: NewPhone, office: Office, elsewhere: Office, network: Proxy
) -> None:
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        day = Day(office, elsewhere, network, phone)
        await day.begins(2)
        await in_charge(phone.page)
        await day.is_worked_offline(2100 + is_asked)
        network.shell = next_version()
        network.stands_in(Fault("e502"))
        await phone.page.evaluate("navigator.serviceWorker.ready.then((mine) => mine.update())")
        while not await phone.call("work.newVersion()"):
            await asyncio.sleep(0.05)
        # the page at hand goes on as it was
        assert await phone.page.evaluate("window.version === undefined")
        assert await phone.unsent() == 2
        network.is_down = True
        if is_asked:
            async with phone.page.expect_navigation():
                await phone.page.evaluate("void field.call((work) => work.update())")
            await phone.ready()
        else:
            await phone.page.close()
            day.phone = phone = await Phone.opened(context, network.url)
        assert await phone.page.evaluate("window.version") == "new"
        assert await phone.unsent() == 2
        await day.ends_as_without_faults()


async def test_a_draft_keeps_its_instrument_when_a_new_version_is_published(day: Day) -> None:
    await day.begins(1)
    began = await day.phone.call(
        "(async () => field.visit((await work.assignments())[0].assignment, { seed: 2300 }))()"
    )
    older = nationals()["sampang/2018"]
    newer = own_version(older, Wishes(version="2018-uji", reason="uji", without=("6",)))
    async with day.office.database.writing() as session:
        await keep_edition(session, newer, wall_clock(), None, "uji")
    await day.office.assign(day.inspector, 1)
    await day.phone.call("work.refresh()")
    await day.phone.call("work.draft(a).then((draft) => work.handIn(draft))", began["id"])
    await day.phone.send_all()
    await settled(day.office, day.inspector, day.phone, 1)
    (item,) = await day.phone.items()
    body = json.loads(item["body"])
    assert body["instrument"] == began["instrument"]
    by_the_older = score(older, told(body)).index
    assert by_the_older is not None
    assert await score_of_the_visit(day) == by_the_older


async def score_of_the_visit(day: Day) -> Fraction | None:
    """What the office makes of the day's only visit."""
    (visit,) = (await day.held()).visits
    async with day.office.database.reading() as session:
        evaluation = await session.get_one(Evaluation, visit.evaluation_id)
        unit = await session.get_one(Unit, visit.unit_id)
        scored = await score_of_unit(session, evaluation, unit)
    (looked_at,) = scored.material.visits
    return score_of_visit(scored.result, looked_at).index


def told(body: dict[str, Any]) -> dict[str, Observed]:
    return {key: Observed(value=Decimal(str(one["value"]))) for key, one in body["findings"].items()}


# ── whose work it is ──


async def test_with_an_expired_sign_in_twenty_wait_and_arrive_after_one(day: Day) -> None:
    await day.begins(4, rounds=5)
    await day.is_worked_offline(3000, 1)
    async with day.office.database.writing() as session:
        await session.execute(delete(SignedIn))
    day.network.is_good()
    for _ in range(3):
        await day.phone.try_to_send()
    assert await day.phone.call("work.needsSignIn()") is True
    assert await day.phone.unsent() == 20
    assert (await day.phone.call("work.person()"))["username"] == day.inspector
    await day.phone.sign_in(day.inspector)
    assert await day.phone.call("work.needsSignIn()") is False
    await day.phone.send_all()
    await settled(day.office, day.inspector, day.phone, 20)


async def test_another_inspector_on_the_same_phone_sends_nothing_of_the_first(day: Day) -> None:
    phone, office, network = day.phone, day.office, day.network
    fajar = await office.inspector(1)
    await day.begins(2)
    eka = day.inspector
    await day.is_worked_offline(3100)
    network.stands_in(Fault("e503"))
    await phone.call("work.signOut()")
    await phone.page.reload()
    await phone.ready()
    network.is_good()
    await phone.sign_in(fajar)
    assert [(other["username"], other["unsent"]) for other in await phone.call("work.others()")] == [(eka, 2)]
    assert await phone.items() == []
    await phone.make(3200, 1)
    await phone.send_all()
    await settled(office, fajar, phone, 1)
    assert (await office.holds(eka)).visits == []
    await phone.call("work.signOut()")
    await phone.sign_in(eka)
    await phone.send_all()
    await settled(office, eka, phone, 2)


# ── the phone fails ──


async def test_a_full_phone_says_so_and_keeps_what_it_has(
    new_phone: NewPhone, office: Office, elsewhere: Office, network: Proxy
) -> None:
    async with new_phone() as context:
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        place = {"origin": network.url}
        # from the beginning: the browser does not ask again for every write while there is room
        await devtools.send("Storage.overrideQuotaForOrigin", {**place, "quotaSize": 1_500_000})
        await page.goto(f"{network.url}/app/")
        phone = await Phone(page).ready()
        day = Day(office, elsewhere, network, phone)
        await day.begins(1)
        await day.is_worked_offline(4000)
        taking = """(async () => {
          for (let i = 0; i < 30; i += 1) await work.takePhoto(await field.picture(4100 + i, 1600, 1200), "camera");
        })()"""
        with pytest.raises(Error, match="full: Ruang di ponsel ini penuh"):
            await phone.call(taking)
        assert await phone.unsent() == 1
        await devtools.send("Storage.overrideQuotaForOrigin", place)
        taken = await phone.call("(async () => work.takePhoto(await field.picture(4200), 'camera'))()")
        assert taken["piece"]["bytes"] > 0
        await day.ends_as_without_faults()


async def test_a_store_that_the_phone_closes_all_the_time_is_opened_again(
    new_phone: NewPhone, office: Office, elsewhere: Office, network: Proxy
) -> None:
    async with new_phone() as context:
        await context.add_init_script(REMEMBERS_STORES)
        phone = await Phone.opened(context, network.url)
        day = Day(office, elsewhere, network, phone)
        await day.begins(1)
        await phone.page.evaluate(f"void setInterval(() => {CLOSES_STORES}, 20)")
        await day.is_worked_offline(4300)
        await day.ends_as_without_faults()


async def test_a_private_window_that_stores_nothing_says_so(new_phone: NewPhone, network: Proxy) -> None:
    async with new_phone() as context:
        await context.add_init_script(
            "IDBFactory.prototype.open = () => { throw new DOMException('not here', 'SecurityError'); };"
        )
        page = await context.new_page()
        await page.goto(f"{network.url}/app/")
        await page.get_by_text("Peramban ini tidak mau menyimpan apa pun.").wait_for()


# ── the clock is wrong ──


@pytest.mark.parametrize("off", [THREE_YEARS_MS, -THREE_YEARS_MS])
async def test_a_clock_three_years_off_is_put_right_to_the_minute(
    off: int, new_phone: NewPhone, office: Office, elsewhere: Office, network: Proxy
) -> None:
    async with new_phone() as context:
        await context.add_init_script(clock_off_by(off))
        day = Day(office, elsewhere, network, await Phone.opened(context, network.url))
        await day.begins(1)
        await day.is_worked_offline(5000 + off % 7)
        await day.ends_as_without_faults()
        held = await day.held()
    now = wall_clock()
    (visit,) = held.visits
    assert visit.skew_ms == pytest.approx(off, abs=60_000)
    for row in [visit, *held.findings, *(piece for piece, _ in held.pieces)]:
        assert row.corrected_at is not None
        assert abs((now - row.corrected_at).total_seconds()) < 60
        assert row.clock_doubt == ""


async def test_a_clock_that_was_set_since_the_last_contact_is_doubted(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(1)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        await in_charge(phone.page)
        await phone.page.close()
        network.is_down = True
        await context.add_init_script(clock_off_by(THREE_YEARS_MS))
        phone = await Phone.opened(context, network.url)
        await phone.make(5100, 1)
        network.is_good()
        await phone.send_all()
        held = await office.holds(eka)
        agrees(office, held, await phone.items())
    assert held.findings
    assert {row.clock_doubt for row in held.findings} <= {"no_contact", "changed", "ahead"}
    # what stands there instead is never years off without a word
    now = wall_clock()
    assert all(
        abs((now - row.corrected_at).total_seconds()) < 60 for row in held.findings if row.corrected_at
    )


# ── more than one ──


async def test_two_phones_of_one_inspector_at_one_place_are_both_kept(day: Day, new_phone: NewPhone) -> None:
    await day.begins(1)
    first, network = day.phone, day.network
    async with new_phone() as there:
        second = await Phone.opened(there, network.url)
        await second.sign_in(day.inspector)
        await first.make(6000, 1)
        await first.send_all()
        await second.make(6001, 1)
        await second.try_to_send()
        (kept_there,) = await second.items()
    assert (kept_there["state"], kept_there["code"]) == ("conflict", "another_visit")
    assert kept_there["reason"]
    visit = (await first.items())[0]["id"]
    ledger = (await day.held()).ledger
    assert {(row.id, row.status) for row in ledger} == {
        (UUID(visit), "accepted"),
        (UUID(kept_there["id"]), "conflict"),
    }
    assert [row.body for row in ledger if row.status == "conflict"] == [kept_there["body"].encode()]
    # what the first one makes of its visit goes on from it
    again = """(async () => {
      const draft = await work.reopen(a);
      draft.note = "sekali lagi";
      await work.save(draft);
      return work.handIn(draft);
    })()"""
    await first.call(again, visit)
    await first.send_all()
    assert [(str(row.id), row.revision) for row in (await day.held()).visits] == [(visit, 2)]


async def test_two_tabs_send_everything_once(day: Day) -> None:
    await day.begins(3)
    await day.is_worked_offline(6100, 3)
    second = await Phone.opened(day.phone.page.context, day.network.url)
    day.network.is_good()
    await asyncio.gather(day.phone.send_all(), second.send_all())
    await settled(day.office, day.inspector, second, 3)
    await second.page.close()
    photos = {sha256 for item in await day.phone.items() for sha256 in item["photos"]}
    assert len([line for line in day.network.log if line.startswith("POST /api/sync/push")]) <= 3
    assert len([line for line in day.network.log if line.startswith("POST /api/photos")]) == len(photos)
    await day.ends_as_without_faults()


async def test_an_office_restored_to_before_the_last_push_is_told_again(day: Day) -> None:
    await day.begins(2)
    await day.is_worked_offline(9100)
    day.network.stands_in(Fault("e502"), "/api/sync/pull")
    await day.phone.send_all()
    # every receipt has come, no list; and the office has gone back to what it knew before
    await day.goes_on_elsewhere()


async def test_two_visits_may_show_the_same_photo(day: Day) -> None:
    await day.begins(2)
    # both records go before any photo, here and elsewhere
    day.network.is_down = True
    await day.phone.call(
        """(async () => {
          for (const one of await work.assignments()) {
            await work.handIn(await field.visit(one.assignment, { seed: 6200, photos: 2 }));
          }
        })()"""
    )
    await day.ends_as_without_faults()
    first, second = await day.phone.items()
    assert first["photos"] == second["photos"]


# ── the office fails ──


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path, 16 * 1024**2) as disk:
        yield disk


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


async def test_a_full_disk_at_the_office_loses_nothing(
    disk: Path, elsewhere: Office, phone: Phone, network: Proxy
) -> None:
    async with Office(disk) as office:
        network.change_to(office.server)
        day = Day(office, elsewhere, network, phone)
        await day.begins(2)
        await day.is_worked_offline(7000, 3, large=True)
        ballast = fill(disk)
        network.is_good()
        for _ in range(3):
            await phone.try_to_send()
        assert await phone.unsent() == 2
        ballast.unlink()
        await day.ends_as_without_faults()
        await office.verified()


async def test_a_queue_carried_on_a_stick_twice_is_there_once(tmp_path: Path, day: Day) -> None:
    await day.begins(2)
    await day.is_worked_offline(8000)
    exported = await day.phone.call(
        """work.exportQueue().then(async ({ name, blob }) => {
          const bytes = new Uint8Array(await blob.arrayBuffer());
          let text = "";
          for (const byte of bytes) text += String.fromCharCode(byte);
          return { name, bytes: btoa(text) };
        })"""
    )
    stick = tmp_path / exported["name"]
    stick.write_bytes(base64.b64decode(exported["bytes"]))
    for _ in range(2):
        imported = await asyncio.to_thread(day.office.server.command, "import", "queue", str(stick))
        assert imported.returncode == 0, imported.stdout + imported.stderr
    assert await day.phone.unsent() == 2
    assert len((await day.held()).visits) == 2
    day.network.is_good()
    await day.phone.send_all()
    await settled(day.office, day.inspector, day.phone, 2)


async def test_the_office_finds_everything_in_order(office: Office) -> None:
    await office.verified()
