"""The inspector's app in WebKit: the core journey, from signing in to everything sent."""

import asyncio
from pathlib import Path

import pytest

from tests.browser.core_journey import core_journey, photograph
from tests.browser.webdriver import webkit
from tests.faults.field import Office, agrees

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_core_journey_in_webkit(tmp_path: Path) -> None:
    (tmp_path / "office").mkdir()
    async with Office(tmp_path / "office") as office:
        eka = await office.inspector(1)
        photo = photograph(tmp_path / "IMG_0001.jpg")
        with webkit(tmp_path / "browser.log") as driver:
            items = await asyncio.to_thread(core_journey, driver, office.server, eka, photo)
        assert [(item["state"], len(item["photos"])) for item in items] == [("sent", 1)]
        agrees(office, await office.holds(eka), items)
