"""A paper questionnaire, typed in by somebody of the bureau: from the form's fields to a row that can be stored."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from server.skm.rules import ELEMENTS
from server.skm.tally import COUNTED
from server.surveys.arrive import Arrival, answers_about, content_sha256
from server.surveys.wire import SubmittedResponse
from server.texts import readable
from server.units.facts import CounterFacts

PARTS = {"pagi": time(10), "siang": time(15)}
"""The two hours printed on the form (08.00-12.00, 13.00-17.00), each counted in its middle."""

_LETTERS = {"a": "1", "b": "2", "c": "3", "d": "4"}


def typed_answers(form: Mapping[str, str]) -> dict[str, str]:
    """The nine answers as typed, by element: digits, or the letters of the form as digits."""
    typed = {key: form.get(key, "").strip().lower() for key in ELEMENTS}
    return {key: _LETTERS.get(answer, answer) for key, answer in typed.items()}


def paper_arrival(
    response_id: UUID,
    submission: SubmittedResponse,
    counter: CounterFacts,
    day: date,
    part: str,
    now: datetime,
) -> Arrival:
    """The row of a typed sheet. No rule judges it: somebody who signed in stands for it, and the sheet exists."""
    local = datetime.combine(day, PARTS[part], ZoneInfo(counter.zone))
    service = counter.offered(submission.service)
    answers = answers_about(service, submission.answers)
    respondent = submission.respondent
    return Arrival(
        id=response_id,
        counter_id=counter.id,
        unit_id=counter.unit_id,
        service_id=service.id if service else None,
        local_day=day.isoformat(),
        local_hour=local.hour,
        answers=tuple(getattr(answers, key) for key in ELEMENTS),
        age=respondent.age,
        sex=respondent.sex,
        education=respondent.education,
        occupation=respondent.occupation,
        disability=respondent.disability,
        comment=readable(submission.comment or "") or None,
        answered_at=min(local.astimezone(UTC), now),
        received_at=now,
        served_at=None,
        channel="paper",
        lang="id",
        token="paper",  # noqa: S106
        page=None,
        device=None,
        body_sha256=content_sha256(counter.code, submission),
        excluded_by=COUNTED,
    )
