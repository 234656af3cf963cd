"""Bad days of an inspector's phone, one each: nothing is lost, nothing is sent twice, nothing is claimed."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Error, Page
from sqlalchemy import delete

from server.accounts.tables import SignedIn
from server.clock import wall_clock
from server.inspections.national import nationals
from server.inspections.own_version import Wishes, own_version
from server.inspections.storage import keep_edition
from tests.faults.conftest import NewPhone
from tests.faults.field import Office, Phone, agrees, settled
from tests.faults.proxy import Fault, Harm, Proxy
from tests.faults.shells import other_version, released, shell_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

THREE_YEARS_MS = 3 * 365 * 24 * 3600 * 1000


async def in_charge(page: Page) -> None:
    """Waits until the service worker answers for the page."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    while not await page.evaluate("!!navigator.serviceWorker.controller"):
        await asyncio.sleep(0.05)


def pushes(network: Proxy) -> list[str]:
    return [line for line in network.log if "POST /api/sync/push" in line]


# ── who answers is not always the office ──


@pytest.mark.parametrize("harm", ["portal", "redirect", "empty", "garbage", "foreign", "e500", "e503"])
async def test_whoever_else_answers_everything_stays_unsent(
    harm: Harm, new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(2)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        network.in_the_way = Fault(harm)
        await phone.make(1000 + len(harm), 2)
        for place in ("/api/", "/api/sync/push"):
            network.in_the_way_of = place
            for _ in range(2):
                await phone.try_to_send()
            assert {item["state"] for item in await phone.items()} == {"waiting"}
            assert (await office.holds(eka)).visits == []
        network.in_the_way_of = "/api/photos"
        for _ in range(2):
            await phone.try_to_send()
        assert await phone.unsent() == 2
        assert len((await office.holds(eka)).visits) == 2
        assert (await office.holds(eka)).pieces == []
        network.in_the_way = None
        await phone.send_all()
        await settled(office, eka, phone, 2)


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
        network.in_the_way = Fault("silence")
        await phone.make(1100, 1)
        await page.evaluate(
            "void (window.tap = field.call((work) => work.sendNow()).catch(() => null).then(() => true))"
        )
        while not any("silence" in line for line in network.log):
            await asyncio.sleep(0.05)
        network.in_the_way = None
        await page.clock.fast_forward("10:00")
        assert await page.evaluate("tap")
        await phone.send_all()
        await settled(office, eka, phone, 1)


async def test_a_photo_that_the_server_cannot_take_holds_no_other_up(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(2)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        network.is_down = True
        await phone.make(1200, 2, 3)
        network.is_down = False
        network.in_the_way, network.in_the_way_of = Fault("e500"), "/api/photos/"
        await phone.try_to_send()
        # the one that was begun first fails from now on; the others may pass
        network.in_the_way_of = next(line.split()[1] for line in network.log if line.startswith("PATCH"))
        for _ in range(4):
            await phone.try_to_send()
        assert {row.sha256 for row in (await office.holds(eka)).awaited} == {
            sha256 for item in await phone.items() for sha256 in item["photos"] if sha256 not in item["held"]
        }
        assert sorted(item["state"] for item in await phone.items()) == ["photos", "sent"]
        network.in_the_way = None
        await phone.send_all()
        await settled(office, eka, phone, 2)


# ── the app changes ──


@pytest.mark.parametrize("version", ["", *released()])
async def test_an_old_app_sends_to_a_new_server(
    version: str, new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    """Every app that was ever released, and the one before the next change."""
    eka = await office.inspector(2)
    async with new_phone() as context:
        network.shell = shell_of(version) if version else other_version("old")
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        await in_charge(phone.page)
        worker = await (await context.request.get(f"{network.url}/app/sw.js")).text()
        network.is_down = True
        await phone.make(2000, 2)
        network.shell, network.is_down = None, False
        assert await (await context.request.get(f"{network.url}/app/sw.js")).text() != worker
        await phone.page.reload()
        await phone.ready()
        assert await phone.page.evaluate("window.version") == (None if version else "old")
        await phone.send_all()
        await settled(office, eka, phone, 2)


async def test_an_update_with_unsent_records_and_no_network_loses_nothing(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(2)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        await in_charge(phone.page)
        network.in_the_way = Fault("e502")
        await phone.make(2100, 2)
        network.shell = other_version("new")
        await phone.page.evaluate("navigator.serviceWorker.ready.then((mine) => mine.update())")
        while not await phone.call("work.newVersion()"):
            await asyncio.sleep(0.05)
        # it waits: the page at hand goes on as it was
        assert await phone.unsent() == 2
        assert await phone.page.evaluate("window.version === undefined")
        network.is_down = True
        await phone.page.close()
        phone = await Phone.opened(context, network.url)
        assert await phone.unsent() == 2
        network.is_down, network.in_the_way = False, None
        await phone.send_all()
        await settled(office, eka, phone, 2)


async def test_a_tap_on_the_new_version_starts_it_with_everything_there(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(1)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        await in_charge(phone.page)
        network.in_the_way = Fault("e502")
        await phone.make(2200, 1)
        network.shell = other_version("new")
        await phone.page.evaluate("navigator.serviceWorker.ready.then((mine) => mine.update())")
        while not await phone.call("work.newVersion()"):
            await asyncio.sleep(0.05)
        async with phone.page.expect_navigation():
            await phone.page.evaluate("void field.call((work) => work.update())")
        await phone.page.wait_for_function("window.version === 'new'")
        await phone.ready()
        assert await phone.unsent() == 1
        network.in_the_way = None
        await phone.send_all()
        await settled(office, eka, phone, 1)


async def test_a_draft_keeps_its_instrument_when_a_new_version_is_published(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(1)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        began = await phone.call(
            "(async () => field.visit((await work.assignments())[0].assignment, { seed: 2300 }))()"
        )
        newer = own_version(
            nationals()["sampang/2018"], Wishes(version="2018-uji", reason="uji", without=("6",))
        )
        async with office.database.writing() as session:
            await keep_edition(session, newer, wall_clock(), None, "uji")
        await office.assign(eka, 1)
        await phone.call("work.refresh()")
        await phone.call("work.draft(a).then((draft) => work.handIn(draft))", began["id"])
        await phone.send_all()
        await settled(office, eka, phone, 1)
        (item,) = await phone.items()
        assert json.loads(item["body"])["instrument"] == began["instrument"]


# ── whose work it is ──


async def test_with_an_expired_sign_in_twenty_wait_and_arrive_after_one(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(4)
    for _ in range(4):
        await office.assign(eka, 4)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        network.is_down = True
        await phone.make(3000, 20, 1)
        async with office.database.writing() as session:
            await session.execute(delete(SignedIn))
        network.is_down = False
        network.follow(())
        for _ in range(3):
            await phone.try_to_send()
        assert await phone.call("work.needsSignIn()") is True
        assert await phone.unsent() == 20
        assert (await phone.call("work.person()"))["username"] == eka
        await phone.sign_in(eka)
        assert await phone.call("work.needsSignIn()") is False
        await phone.send_all()
        await settled(office, eka, phone, 20)


async def test_another_inspector_on_the_same_phone_sends_nothing_of_the_first(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka, fajar = await office.inspector(2), await office.inspector(1)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        network.is_down = True
        await phone.make(3100, 2)
        network.is_down = False
        network.in_the_way = Fault("e503")
        await phone.call("work.signOut()")
        await phone.page.reload()
        await phone.ready()
        network.in_the_way = None
        await phone.sign_in(fajar)
        assert [(other["username"], other["unsent"]) for other in await phone.call("work.others()")] == [
            (eka, 2)
        ]
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
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(2)
    async with new_phone() as context:
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        place = {"origin": network.url}
        # from the beginning: the browser does not ask again for every write while there is room
        await devtools.send("Storage.overrideQuotaForOrigin", {**place, "quotaSize": 1_500_000})
        await page.goto(f"{network.url}/app/")
        phone = await Phone(page).ready()
        await phone.sign_in(eka)
        network.is_down = True
        await phone.make(4000, 1)
        begun = await phone.call(
            """(async () => {
              const rest = (await work.assignments()).filter((one) => !one.draft);
              return work.begin(rest[rest.length - 1].assignment, null);
            })()"""
        )
        taking = """(async () => {
          for (let i = 0; i < 30; i += 1) await work.takePhoto(await field.picture(4100 + i, 1600, 1200), "camera");
        })()"""
        with pytest.raises(Error, match="full: Ruang di ponsel ini penuh"):
            await phone.call(taking)
        assert await phone.unsent() == 1
        assert (await phone.call("work.draft(a)", begun["id"]))["id"] == begun["id"]
        await devtools.send("Storage.overrideQuotaForOrigin", place)
        taken = await phone.call("(async () => work.takePhoto(await field.picture(4200), 'camera'))()")
        assert taken["piece"]["bytes"] > 0
        network.is_down = False
        await phone.send_all()
        await settled(office, eka, phone, 1)


REMEMBERS_STORES = """
  window.stores = [];
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...all) {
    const asked = open.apply(this, all);
    asked.addEventListener("success", () => window.stores.push(asked.result));
    return asked;
  };
"""


async def test_a_store_that_the_phone_closed_is_opened_again(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(1)
    async with new_phone() as context:
        await context.add_init_script(REMEMBERS_STORES)
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        await phone.page.evaluate("setInterval(() => stores.splice(0).forEach((store) => store.close()), 20)")
        await phone.make(4100, 1)
        await phone.send_all()
        await settled(office, eka, phone, 1)


async def test_a_private_window_that_stores_nothing_says_so(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    async with new_phone() as context:
        await context.add_init_script(
            "IDBFactory.prototype.open = () => { throw new DOMException('not here', 'SecurityError'); };"
        )
        page = await context.new_page()
        await page.goto(f"{network.url}/app/")
        await page.get_by_text("Peramban ini tidak mau menyimpan apa pun.").wait_for()


# ── the clock is wrong ──


def clock_off_by(milliseconds: int) -> str:
    """A phone whose calendar is wrong; how long things take it still knows."""
    return f"""
      const Real = Date, off = {milliseconds};
      window.Date = class extends Real {{
        constructor(...given) {{ given.length ? super(...given) : super(Real.now() + off); }}
        static now() {{ return Real.now() + off; }}
      }};
    """


@pytest.mark.parametrize("off", [THREE_YEARS_MS, -THREE_YEARS_MS])
async def test_a_clock_three_years_off_is_put_right_to_the_minute(
    off: int, new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(1)
    async with new_phone() as context:
        await context.add_init_script(clock_off_by(off))
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        await phone.make(5000 + off % 7, 1)
        await phone.send_all()
        held = await office.holds(eka)
        agrees(office, held, await phone.items())
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
        network.is_down = False
        await phone.send_all()
        held = await office.holds(eka)
        agrees(office, held, await phone.items())
    assert {row.clock_doubt for row in held.findings} <= {"no_contact", "changed", "ahead"}
    assert all(
        (wall_clock() - row.corrected_at).total_seconds() < 60 for row in held.findings if row.corrected_at
    )


# ── more than one ──


async def test_two_phones_of_one_inspector_at_one_place_are_both_kept(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(1)
    async with new_phone() as here, new_phone() as there:
        first, second = await Phone.opened(here, network.url), await Phone.opened(there, network.url)
        await first.sign_in(eka)
        await second.sign_in(eka)
        await first.make(6000, 1)
        await first.send_all()
        await second.make(6001, 1)
        await second.try_to_send()
        (kept,) = await second.items()
        assert (kept["state"], kept["code"]) == ("conflict", "another_visit")
        assert kept["reason"]
        held = await office.holds(eka)
        assert {(row.id, row.status) for row in held.ledger} == {
            (UUID((await first.items())[0]["id"]), "accepted"),
            (UUID(kept["id"]), "conflict"),
        }
        assert next(row.body for row in held.ledger if row.status == "conflict") == kept["body"].encode()
        # the first one's revision goes on; what the second made of the former is kept beside it
        await second.call("work.refresh()")
        again = """(async () => {
          const [one] = await work.items();
          const draft = await work.reopen(a);
          draft.note = "sekali lagi";
          await work.save(draft);
          return work.handIn(draft);
        })()"""
        visit = (await first.items())[0]["id"]
        network.is_down = True
        await first.call(again, visit)
        network.is_down = False
        await first.send_all()
        held = await office.holds(eka)
        assert [(str(row.id), row.revision) for row in held.visits] == [(visit, 2)]


async def test_two_tabs_send_everything_once(new_phone: NewPhone, office: Office, network: Proxy) -> None:
    eka = await office.inspector(3)
    async with new_phone() as context:
        first = await Phone.opened(context, network.url)
        await first.sign_in(eka)
        second = await Phone.opened(context, network.url)
        network.is_down = True
        await first.make(6100, 3, 3)
        network.is_down = False
        network.follow(())
        await asyncio.gather(first.send_all(), second.send_all())
        await settled(office, eka, first, 3)
        await settled(office, eka, second, 3)
        photos = {sha for item in await first.items() for sha in item["photos"]}
        begun = [line for line in network.log if line.startswith("POST /api/photos")]
        assert len(pushes(network)) <= 3
        assert len(begun) == len(photos)


async def test_two_visits_may_show_the_same_photo(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(2)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        await phone.call(
            """(async () => {
              for (const one of await work.assignments()) {
                await work.handIn(await field.visit(one.assignment, { seed: 6200, photos: 2 }));
              }
            })()"""
        )
        await phone.send_all()
        await settled(office, eka, phone, 2)
        first, second = await phone.items()
        assert first["photos"] == second["photos"]


# ── the office fails ──


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Path]:
    """A disk that can be filled."""
    made = await asyncio.create_subprocess_exec(
        "mount", "-t", "tmpfs", "-o", "size=16m", "loket", str(folder), stderr=asyncio.subprocess.DEVNULL
    )
    if await made.wait():
        pytest.skip("a disk that is full needs the right to mount one")
    try:
        yield folder
    finally:
        await (await asyncio.create_subprocess_exec("umount", "--lazy", str(folder))).wait()


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


async def test_a_full_disk_at_the_office_loses_nothing(tmp_path: Path, new_phone: NewPhone) -> None:
    async with small_disk(tmp_path) as disk, Office(disk) as office, Proxy(office.server) as network:
        eka = await office.inspector(2)
        async with new_phone() as context:
            phone = await Phone.opened(context, network.url)
            await phone.sign_in(eka)
            network.is_down = True
            await phone.make(7000, 2, 3, large=True)
            network.is_down = False
            ballast = fill(disk)
            for _ in range(3):
                await phone.try_to_send()
            assert await phone.unsent() == 2
            ballast.unlink()
            await phone.send_all()
            await settled(office, eka, phone, 2)
            await office.verified()


async def test_a_queue_carried_on_a_stick_twice_is_there_once(
    tmp_path: Path, new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(2)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        network.is_down = True
        await phone.make(8000, 2)
        exported = await phone.call(
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
            imported = await asyncio.to_thread(office.server.command, "import", "queue", str(stick))
            assert imported.returncode == 0, imported.stdout + imported.stderr
        assert await phone.unsent() == 2
        assert len((await office.holds(eka)).visits) == 2
        network.is_down = False
        await phone.send_all()
        await settled(office, eka, phone, 2)


async def test_the_office_finds_everything_in_order(office: Office) -> None:
    await office.verified()
