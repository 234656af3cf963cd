"""Waiting for what nothing else tells, and a tab that sends for ever."""

import asyncio

from playwright.async_api import Page


async def comes_true(page: Page, what: str) -> None:
    """Waits for an expression; unlike the browser's own waiting, also for one that is a promise."""
    for _ in range(200):
        if await page.evaluate(what):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never: {what}")


async def holds_the_sender(page: Page) -> None:
    """As a tab that is sending, until it is closed."""
    await page.evaluate("""new Promise((granted) => {
      void navigator.locks.request("loket-sender", () => (granted(), new Promise(() => {})));
    })""")
