"""What every browser must carry through offline: a QR, a visit with a photo, opened again; and then it is sent."""

import time
from pathlib import Path
from typing import Any

from PIL import Image

from tests.browser.poster import counter_of, poster, snapped
from tests.browser.webdriver import Driver
from tests.cast import PASSWORD
from tests.faults.field import TOOLS
from tests.server_process import ServerProcess

UNIT = "dinas-kependudukan"
READY = "return navigator.serviceWorker.ready.then(() => !!navigator.serviceWorker.controller)"
TITLE = "const found = document.querySelector('h1'); return found && found.textContent"


def photograph(path: Path) -> Path:
    """A picture as a camera makes it, small."""
    Image.effect_noise((640, 480), 80).convert("RGB").save(path, quality=90)
    return path


def core_journey(driver: Driver, server: ServerProcess, username: str, photo: Path) -> list[dict[str, Any]]:
    """Walks through it on the pages themselves; gives what the phone says it sent."""
    driver.open(f"{server.url}/app/")
    driver.until("return !!document.querySelector('[name=username]')")
    driver.type("[name=username]", username)
    driver.type("[name=password]", PASSWORD)
    driver.click("form button")
    driver.until("return !!document.querySelector(`a[href^='#/begin/']`)")
    driver.until(READY)

    wall = photo.with_name("poster.jpg")
    wall.write_bytes(snapped(poster(server.url, counter_of(server.url, username, UNIT))))

    # ── no network, in the hardest way: nobody listens ──
    server.stop()
    driver.click("a[href='#/scan']")
    driver.until("return !!document.querySelector('input[type=file]')")
    driver.type("input[type=file]", str(wall))
    driver.until("return location.hash.startsWith('#/begin/') && !!document.querySelector('footer button')")
    driver.click("footer button")
    driver.until("return location.hash.startsWith('#/visit/')")
    visit = driver.run("return location.hash")
    driver.run("location.hash = a[0]", f"{visit}/at/2")
    driver.until("return !!document.querySelector('input[type=file][multiple]')")
    driver.type("input[type=file][multiple]", str(photo))
    driver.until("return document.querySelectorAll('ul.photos img').length === 1")
    time.sleep(0.5)

    # ── opened again: all of it is there ──
    driver.open(f"{server.url}/app/")
    driver.until("return location.hash.endsWith('/at/2')")
    driver.until("return document.querySelectorAll('ul.photos img').length === 1")
    for key, choice in (("2", 1), ("1", 0), ("3", 0), ("4", 0), ("5", 0), ("6", 0)):
        driver.run("location.hash = a[0]", f"{visit}/at/{key}")
        ours = f"[...document.querySelectorAll('input[name=\"value-{key}\"]')]"
        driver.until(f"return {ours}.length === 2")
        # there stands first, not there second
        driver.run(f"{ours}[{1 - choice}].click()")
        driver.until(f"return {ours}[{1 - choice}].checked")
    time.sleep(0.5)
    driver.run("location.hash = a[0]", f"{visit}/hand-in")
    driver.until(
        "const ok = document.querySelector('footer button'); if (ok) ok.click(); return location.hash === '#/tray'"
    )

    # ── the network is back ──
    server.start()
    driver.run(TOOLS)
    driver.until(
        "await field.work.sendNow().catch(() => null); return (await field.work.unsentCount()) === 0"
    )
    items: list[dict[str, Any]] = driver.run("return await field.work.items()")
    return items
