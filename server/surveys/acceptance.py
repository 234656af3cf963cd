"""The one way in for a survey answer, reached by the form, the JSON address and the kiosk alike."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from server.database import Database
from server.problems import Problem
from server.settings import Settings
from server.skm.exclusion import Seen, judge
from server.skm.tally import COUNTED
from server.surveys import token
from server.surveys.arrive import arrival
from server.surveys.devices import Devices
from server.surveys.intake import Intake, Stored
from server.surveys.sweeper import Sweeper
from server.surveys.token import Token
from server.surveys.wire import Receipt, SubmittedResponse
from server.units.facts import CounterFacts
from server.watching import RESPONSES


class Acceptance:
    """Judges what can be judged of one answer alone, stores it, and has the counter's day looked at again."""

    def __init__(self, settings: Settings, database: Database, intake: Intake, sweeper: Sweeper) -> None:
        self._settings = settings
        self._devices = Devices(database)
        self._intake = intake
        self._sweeper = sweeper

    async def accept(
        self, response_id: UUID, submission: SubmittedResponse, counter: CounterFacts, now: datetime
    ) -> Stored:
        """Stores a checked submission durably, or finds it stored; refuses other content under its id."""
        page = token.read(self._settings.secret, counter.code, submission.token, now)
        refuse_if_shut(counter, page)
        today = now.astimezone(ZoneInfo(counter.zone)).date()
        device = await self._devices.mark(submission.device, today)
        rule = self._rule(response_id, page, now)
        row = arrival(response_id, submission, counter, page, now, device, rule)
        stored = await self._intake.store(row)
        if stored.body_sha256 != row.body_sha256:
            RESPONSES.labels("conflict").inc()
            raise Problem(
                "id_taken",
                field="id",
                extra={"stored_sha256": stored.body_sha256.hex(), "sent_sha256": row.body_sha256.hex()},
            )
        RESPONSES.labels("new" if stored.is_new else "repeated").inc()
        if stored.is_new:
            self._sweeper.touch(row.counter_id, row.local_day)
        return stored

    def _rule(self, response_id: UUID, page: Token, now: datetime) -> str:
        """The rule that keeps this answer out whatever else arrives today: no valid page, or too fast."""
        served_at = page.served_at if self._settings.limits else None
        alone = Seen(str(response_id), now, now.replace(tzinfo=None), page.verdict, served_at)
        return judge([alone]).get(alone.id, COUNTED)


def refuse_if_shut(counter: CounterFacts, page: Token | None = None) -> None:
    """Refuses a revoked code or a closed survey, unless the page was served while it was still open."""
    for shut_at, code in ((counter.revoked_at, "revoked_counter"), (counter.closed_at, "closed_survey")):
        served_at = page.served_at if page else None
        if shut_at is not None and (served_at is None or served_at >= shut_at):
            raise Problem(code)


def receipt(stored: Stored, counter: CounterFacts) -> bytes:
    """The receipt of a stored answer, the same bytes however often it is asked for."""
    return msgspec.json.encode(
        Receipt(
            id=stored.id,
            status="stored",
            counter=counter.code,
            unit=counter.unit_slug,
            day=stored.local_day,
            received_at=stored.received_at,
            body_sha256=stored.body_sha256.hex(),
            receipt_url=f"/receipt/{stored.id}",
        )
    )
