"""From what a citizen's page sent to a row that can be stored: checked, placed in time, and judged.

The same for a form, the JSON address, a kiosk and an import; no answer is lost for a token or a clock that is wrong.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from server.database import milliseconds
from server.problems import Problem
from server.skm.questionnaire import PROFILE
from server.skm.rules import ELEMENTS
from server.skm.tally import Tallied
from server.surveys.token import Token
from server.surveys.wire import COMMENT_MOST, Answers, Respondent, SubmittedResponse
from server.texts import readable
from server.units.facts import CounterFacts, Offered

CLOCK_SLACK = timedelta(minutes=5)
"""How far a phone's clock may be off before its word about the time of answering counts for nothing."""

_COMMENT_MOST_TEXT = f"{COMMENT_MOST:,}".replace(",", ".")

CHOOSE_ANSWER = "Pilih salah satu dari empat jawaban."
CHOOSE_LISTED = "Pilih salah satu dari daftar."
NOT_ANSWERED = "Pertanyaan ini belum dijawab."
AGE_RANGE = "Usia diisi angka 1 sampai 120, atau dikosongkan."
COMMENT_TOO_LONG = Problem("long_comment", most=_COMMENT_MOST_TEXT).detail
FORM_SENTENCES = (CHOOSE_ANSWER, CHOOSE_LISTED, NOT_ANSWERED, AGE_RANGE, COMMENT_TOO_LONG)
"""What a form may say at its fields; each has its translation."""

_decoder = msgspec.json.Decoder(SubmittedResponse)
_CODES = {field: {choice.code for choice in choices} for field, choices in PROFILE.items()}


class Arrival(NamedTuple):
    """One validated response, in the order of its columns."""

    id: UUID
    counter_id: int
    unit_id: int
    service_id: int | None
    local_day: str
    local_hour: int
    answers: tuple[int | None, ...]  # in the order of rules.ELEMENTS
    age: int | None
    sex: str | None
    education: str | None
    occupation: str | None
    disability: str | None
    comment: str | None
    answered_at: datetime | None
    received_at: datetime
    served_at: datetime | None
    channel: str
    lang: str
    token: str
    page: str | None
    device: str | None
    body_sha256: bytes
    excluded_by: str

    def values(self) -> list[Any]:
        """The row as the databases take it: one value per column, moments in milliseconds."""
        row: list[Any] = []
        for value in self:
            if isinstance(value, tuple):
                row.extend(value)
            else:
                row.append(milliseconds(value) if isinstance(value, datetime) else value)
        return row

    def tallied(self) -> Tallied:
        return Tallied(
            self.unit_id,
            self.service_id,
            self.counter_id,
            self.local_day,
            self.local_hour,
            self.excluded_by,
            self.answers,
        )


def decode(body: bytes) -> SubmittedResponse:
    """The submission in a JSON body; refuses what is no JSON, and names the field that does not fit."""
    try:
        return checked(_decoder.decode(body))
    except msgspec.ValidationError as error:
        raise _bad_field(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("unreadable", what="bukan JSON yang utuh.") from error


def decode_form(form: Mapping[str, str]) -> tuple[SubmittedResponse, dict[str, str]]:
    """The submission in a posted form, and what is wrong with it: a sentence per field, none when all fits."""
    errors: dict[str, str] = {}

    def read(field: str, kind: Callable[[str], object], sentence: str) -> object | None:
        text = form.get(field, "").strip()
        if not text:
            return None
        try:
            return kind(text)
        except ValueError:
            errors[field] = sentence
            return None

    answers = {key: read(key, _answer, CHOOSE_ANSWER) for key in ELEMENTS}
    age = read("age", _age, AGE_RANGE)
    profile = {field: read(field, _one_of(codes), CHOOSE_LISTED) for field, codes in _CODES.items()}
    comment = form.get("comment", "").strip()
    if len(comment) > COMMENT_MOST:
        errors["comment"] = COMMENT_TOO_LONG
    submission = SubmittedResponse(
        counter=form.get("counter", ""),
        token=form.get("token", "")[:200],
        answers=Answers(**answers),  # type: ignore[arg-type]
        respondent=Respondent(age=age, **profile),  # type: ignore[arg-type]
        comment=comment or None,
        service=form.get("service", "")[:80] or None,
        lang=form["lang"] if re.fullmatch("[a-z]{2,3}", form.get("lang", "")) else "id",
        channel="form",
    )
    return submission, errors


def checked(submission: SubmittedResponse) -> SubmittedResponse:
    """What the shape alone cannot say: known profile codes, a comment of bearable length, at least one answer."""
    for field, codes in _CODES.items():
        value = getattr(submission.respondent, field)
        if value is not None and value not in codes:
            raise Problem(
                "bad_answer",
                field=f"respondent.{field}",
                what=f"Isian {field} tidak ada dalam daftar ({', '.join(sorted(codes))}).",
            )
    if submission.comment is not None and len(submission.comment) > COMMENT_MOST:
        raise Problem("long_comment", field="comment", most=_COMMENT_MOST_TEXT)
    answers_about(None, submission.answers)
    return submission


def content_sha256(code: str, submission: SubmittedResponse) -> bytes:
    """The hash of what the person said. Token, language and times stay out: a second try may carry others."""
    said = (
        code,
        submission.service,
        msgspec.structs.astuple(submission.answers),
        msgspec.structs.astuple(submission.respondent),
        submission.comment,
    )
    return hashlib.sha256(msgspec.json.encode(said)).digest()


def counted_at(answered_at: datetime | None, received_at: datetime, token: Token) -> datetime:
    """The moment whose local day an answer counts in.

    A phone's claim holds only between two moments of our own clock: when we served its page, and when the answer
    reached us. Otherwise, or without a valid page, it is the moment of arrival.
    """
    answered_at = _possible(answered_at)
    if answered_at is None or token.served_at is None:
        return received_at
    if token.served_at - CLOCK_SLACK <= answered_at <= received_at + CLOCK_SLACK:
        return min(max(answered_at, token.served_at), received_at)
    return received_at


def arrival(
    response_id: UUID,
    submission: SubmittedResponse,
    counter: CounterFacts,
    token: Token,
    received_at: datetime,
    device: str | None,
    excluded_by: str,
) -> Arrival:
    """The row of a checked submission."""
    local = counted_at(submission.answered_at, received_at, token).astimezone(ZoneInfo(counter.zone))
    service = counter.offered(submission.service)
    answers = answers_about(service, submission.answers)
    respondent = submission.respondent
    return Arrival(
        id=response_id,
        counter_id=counter.id,
        unit_id=counter.unit_id,
        service_id=service.id if service else None,
        local_day=local.date().isoformat(),
        local_hour=local.hour,
        answers=tuple(getattr(answers, key) for key in ELEMENTS),
        age=respondent.age,
        sex=respondent.sex,
        education=respondent.education,
        occupation=respondent.occupation,
        disability=respondent.disability,
        comment=readable(submission.comment or "") or None,
        answered_at=_possible(submission.answered_at),
        received_at=received_at,
        served_at=token.served_at,
        channel=_channel(submission, token),
        lang=submission.lang,
        token=token.verdict,
        page=token.number,
        device=device,
        body_sha256=content_sha256(counter.code, submission),
        excluded_by=excluded_by,
    )


_FIELDS = {
    "age": AGE_RANGE,
    "sex": "Jenis kelamin diisi L atau P, atau dikosongkan.",
    "answered_at": "Waktu menjawab ditulis dengan zonanya, misalnya 2026-11-22T09:14:03+07:00.",
    "channel": "Saluran diisi qr, link, kiosk, atau form.",
}


def _bad_field(message: str) -> Problem:
    """The decoder's message (`Expected `int` <= 4 - at `$.answers.biaya``) as a sentence for people."""
    said, _, path = message.partition(" - at `$.")
    field = path.rstrip("`")
    if "unknown field" in said or "missing required field" in said:
        name = said.split("`")[-2]
        field = f"{field}.{name}" if field else name
        what = f"Isian “{name}” tidak dikenal." if "unknown" in said else f"Isian “{name}” belum ada."
    elif field.startswith("answers."):
        what = f"Jawaban untuk {field.removeprefix('answers.')} harus angka 1 sampai 4, atau kosong."
    else:
        name = field.rpartition(".")[2]
        what = _FIELDS.get(name, f"Isian “{name or 'badan permintaan'}” tidak sesuai.")
    return Problem("bad_answer", field=field or None, what=what)


def answers_about(service: Offered | None, answers: Answers) -> Answers:
    """The answers that count for a service: no cost where none is asked; refuses a sheet on which nothing is left."""
    if service is not None and not service.asks_cost:
        answers = msgspec.structs.replace(answers, biaya=None)
    if all(answer is None for answer in msgspec.structs.astuple(answers)):
        raise Problem("no_answer", field="answers")
    return answers


def _channel(submission: SubmittedResponse, token: Token) -> str:
    """A kiosk is one by its token; whoever only says so came by a link."""
    if token.is_kiosk:
        return "kiosk"
    return "link" if submission.channel == "kiosk" else submission.channel


def _possible(answered_at: datetime | None) -> datetime | None:
    """A phone's claim, unless no clock could mean it: what is no moment in every zone is not kept."""
    return answered_at if answered_at is not None and 2000 <= answered_at.year < 2100 else None


def _answer(text: str) -> int:
    if text not in {"1", "2", "3", "4"}:
        raise ValueError(text)
    return int(text)


def _age(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 120):
        raise ValueError(text)
    return int(text)


def _one_of(codes: set[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in codes:
            raise ValueError(text)
        return text

    return read
