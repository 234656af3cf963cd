"""Applies the published rules against stuffing: judges a counter's day anew whenever it got an answer.

The verdict is a pure function of all that a counter received on a day (`exclusion.judge`), so judging again changes
nothing, and a burst is taken out whole. What a person reviewed, rules leave alone.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from server.background import Background
from server.database import Database
from server.skm.exclusion import OpeningHours, Seen, book_on, judge
from server.skm.tally import COUNTED
from server.surveys import storage
from server.surveys.arrive import counted_at
from server.surveys.token import Token
from server.units.facts import CounterFacts
from server.units.storage import counter_facts_by_id

logger = logging.getLogger("loket.sweeper")

PAUSE_S = 1.0
"""Answers that come close together are judged together."""

PAUSE_AFTER_FAULT_S = 30.0

LOOKS_BACK = timedelta(days=2)
"""After a restart, the counter-days with answers this recent are judged once more."""


class Sweeper(Background):
    def __init__(self, database: Database, clock: Callable[[], datetime], *, is_on: bool) -> None:
        super().__init__()
        self._database = database
        self._clock = clock
        self._is_on = is_on
        self._touched: set[tuple[int, str]] = set()
        self._wake = asyncio.Event()

    async def remember(self) -> None:
        """Judges the last days once more: the process before may have ended before it came to them."""
        if not self._is_on:
            return
        async with self._database.reading() as session:
            for counter_id, day in await storage.counter_days_since(session, self._clock() - LOOKS_BACK):
                self.touch(counter_id, day)

    def touch(self, counter_id: int, day: str) -> None:
        """Notes that a counter got an answer on a day."""
        if self._is_on:
            self._touched.add((counter_id, day))
            self._wake.set()

    async def sweep(self) -> int:
        """Judges every touched counter-day now; tells how many answers changed sides."""
        self._wake.clear()
        touched, self._touched = self._touched, set()
        changed, failed = 0, []
        for counter_id, day in sorted(touched):
            if self.is_stopping:
                break  # the next process looks back
            try:
                changed += await judge_day(self._database, counter_id, day)
            except Exception as error:
                # one day that cannot be judged must not keep the others from it
                self._touched.add((counter_id, day))
                failed.append(error)
        if failed:
            raise ExceptionGroup("counter-days that could not be judged", failed)
        return changed

    def forget(self) -> None:
        """Drops what waits to be judged."""
        self._touched.clear()

    async def close(self) -> None:
        self._wake.set()
        await super().close()

    async def _run(self) -> None:
        pause_s = PAUSE_S
        while True:
            await self._wake.wait()
            await self.rest(pause_s)
            if self.is_stopping:
                return
            began = monotonic()
            try:
                await self.sweep()
            except Exception:
                # the day stays touched and is judged again after a while
                logger.exception("a counter's day could not be judged")
                self._wake.set()
                pause_s = PAUSE_AFTER_FAULT_S
                continue
            # on a very busy day judging must not crowd out answering
            pause_s = max(PAUSE_S, 5 * (monotonic() - began))


async def judge_day(database: Database, counter_id: int, day: str) -> int:
    """Applies the rules to one counter on one local day; tells how many answers moved."""
    async with database.reading() as session:
        counter = await counter_facts_by_id(session, counter_id)
        answers = await storage.counter_day(session, counter_id, day)
    assert counter is not None, "answers refer to their counter, which is never deleted"
    on = date.fromisoformat(day)
    verdicts = judge([seen(answer, counter.zone) for answer in answers], opening_on(counter, on), book_on(on))
    moves = {
        answer.id: verdict
        for answer in answers
        if not answer.reviewed and answer.excluded_by != (verdict := verdicts.get(str(answer.id), COUNTED))
    }
    if not moves:
        return 0
    async with database.writing() as session:
        return await storage.apply_rules(session, moves)


def seen(answer: Any, zone: str) -> Seen:
    """A stored answer as the rules look at it."""
    page = Token(answer.token, answer.served_at)
    is_delayed = answer.channel == "kiosk"
    at = counted_at(answer.answered_at, answer.received_at, page) if is_delayed else answer.received_at
    return Seen(
        id=str(answer.id),
        received_at=answer.received_at,
        local_at=at.astimezone(ZoneInfo(zone)).replace(tzinfo=None),
        token=answer.token,
        served_at=answer.served_at,
        nonce=answer.page,
        device=answer.device,
        channel=answer.channel,
    )


def opening_on(counter: CounterFacts, day: date) -> OpeningHours:
    if str(day.isoweekday()) not in counter.open_days:
        return OpeningHours(())
    return OpeningHours(((_minutes(counter.opens), _minutes(counter.closes)),))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
