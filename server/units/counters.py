"""What the survey knows of its counters without asking the database each time: facts kept for a few seconds.

A change made in this process is seen at once (`forget`), one made by another process when the facts have aged.
"""

from time import monotonic

from server.database import Database
from server.problems import Problem
from server.units.codes import NotACode, WrongCheck, parse_code
from server.units.facts import CounterFacts
from server.units.storage import counter_facts

FRESH_S = 5.0
KEPT_MOST = 20_000


class Counters:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, tuple[float, CounterFacts]] = {}

    async def find(self, typed: str) -> CounterFacts:
        """The counter a person or a program named, however it was typed; refuses codes that are none or unknown."""
        try:
            code = parse_code(typed)
        except WrongCheck as error:
            raise Problem("mistyped_counter") from error
        except NotACode as error:
            raise Problem("unknown_counter") from error
        kept = self._kept.get(code)
        if kept is not None and monotonic() - kept[0] < FRESH_S:
            return kept[1]
        async with self._database.reading() as session:
            facts = await counter_facts(session, code)
        if facts is None:
            raise Problem("unknown_counter")
        if len(self._kept) >= KEPT_MOST:
            self._kept.clear()
        self._kept[code] = (monotonic(), facts)
        return facts

    def forget(self) -> None:
        self._kept.clear()
