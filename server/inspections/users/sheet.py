"""What one user says on the users' form: held against the instrument, hashed, and which rule leaves it out. Pure.

What was not answered is not there: it is missing, never 0.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from server import signing
from server.inspections.instrument import Instrument, UserForm
from server.problems import Problem

PAGE_LASTS = timedelta(hours=48)
"""As long as a page of the survey: whoever opens it at the counter may still answer at home."""

NO_PAGE = "token"
SAME_PAGE = "same_page"
REVIEWED = "reviewed"
COUNTED = ""


class SubmittedSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sheet as a program sends it: question → answer; null is the same as nothing."""

    code: str
    answers: dict[str, int | None]
    token: str = ""


def form_of(instrument: Instrument) -> UserForm:
    """The users' form of an instrument; one without any has no page either."""
    if instrument.users is None:
        raise Problem("unknown_users_form")
    return instrument.users


def choices(instrument: Instrument) -> range:
    """The answers on the instrument's scale, the worst first."""
    return range(int(instrument.scale.lowest), int(instrument.scale.highest) + 1)


def checked(instrument: Instrument, answers: Mapping[str, int | None]) -> dict[str, int]:
    """The answers that were given, in the form's order; refuses any that its form cannot hold, and an empty sheet."""
    keys = [question.key for question in form_of(instrument).questions]
    scale = choices(instrument)
    for key, answer in answers.items():
        if key not in keys:
            raise Problem(
                "bad_answer",
                field=f"answers.{key}",
                what=f"Formulir ini tidak memuat pernyataan “{key}”.",
            )
        if answer is not None and answer not in scale:
            raise Problem(
                "bad_answer",
                field=f"answers.{key}",
                what=f"Jawaban pernyataan {key} harus angka bulat dari {scale[0]} sampai {scale[-1]}, atau kosong.",
            )
    given = {key: answer for key in keys if (answer := answers.get(key)) is not None}
    if not given:
        raise Problem("no_answer", field="answers")
    return given


def content_sha256(code: str, answers: Mapping[str, int]) -> str:
    """The hash of what was said. The token stays out: a second try may carry another."""
    return hashlib.sha256(msgspec.json.encode([code, list(answers.items())])).hexdigest()


def page_token(secret: bytes, code: str, now: datetime, number: bytes) -> str:
    """The token that comes with a page; `number` is 9 random bytes."""
    return signing.sign(secret, _purpose(code), "f", now, number)


def page_number(secret: bytes, code: str, token: str, now: datetime) -> str | None:
    """The number of the page a token came with; None for one that is missing, forged or too old."""
    found = signing.read(secret, _purpose(code), token)
    return found.number if found is not None and now - found.made_at <= PAGE_LASTS else None


def rule(page: str | None, *, is_used: bool) -> str:
    """The rule that leaves a sheet out: it came without a page of ours, or its page has brought another before."""
    if page is None:
        return NO_PAGE
    return SAME_PAGE if is_used else COUNTED


def _purpose(code: str) -> str:
    return f"users form {code}"
