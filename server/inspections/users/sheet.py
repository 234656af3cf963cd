"""What one user says on the users' form: held against the instrument, hashed, and which rule leaves it out. Pure.

What was not answered is not there: it is missing, never 0.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import NamedTuple

import msgspec

from server import signing
from server.accounts.sessions import address_hash
from server.inspections.instrument import Instrument, UserForm
from server.problems import Problem
from server.signing import Signed

PAGE_LASTS = timedelta(hours=48)
"""As long as a page of the survey: whoever opens it at the counter may still answer at home."""

NO_PAGE = "token"
TOO_FAST = "too_fast"
SAME_PAGE = "same_page"
BURST = "burst"
REVIEWED = "reviewed"
COUNTED = ""

REASONS = (NO_PAGE, TOO_FAST, SAME_PAGE, BURST, REVIEWED)
"""Why a sheet may be left out: by rule, in the order in which the rules are applied, or by a person."""

FASTEST = timedelta(seconds=15)
"""Nobody reads the statements faster."""

BURST_LASTS = timedelta(minutes=10)
MOST_IN_A_BURST = 5
"""A phone that is handed around a hall takes about two minutes a person."""

MOST_IN_A_DAY = 20
"""From one address to one form: as many as PEKPPP wants of a unit in all."""


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


def page_of(secret: bytes, code: str, token: str, now: datetime) -> Signed | None:
    """The page a token came with; None for one that is missing, forged or too old."""
    found = signing.read(secret, _purpose(code), token)
    return found if found is not None and now - found.made_at <= PAGE_LASTS else None


def sender(secret: bytes, day: date, address: str) -> str | None:
    """The mark of an address on one day: it cannot be turned back, nor joined to that of another day."""
    return address_hash(secret, f"{day} {_household(address)}") if address else None


def _household(address: str) -> str:
    """Of the newer addresses one connection holds 2^64: they are one sender."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return address
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))


class Before(NamedTuple):
    """What came before a sheet: whether from its page, and how many that count from its sender."""

    is_page_used: bool = False
    in_a_burst: int = 0
    on_its_day: int = 0


def rule(page: Signed | None, now: datetime, before: Before) -> str:
    """The rule that leaves a sheet out: it came without a page of ours, sooner than it could be read, from a page that
    has brought another, or as one of too many from one sender."""
    if page is None:
        return NO_PAGE
    if now - page.made_at < FASTEST:
        return TOO_FAST
    if before.is_page_used:
        return SAME_PAGE
    is_burst = before.in_a_burst >= MOST_IN_A_BURST or before.on_its_day >= MOST_IN_A_DAY
    return BURST if is_burst else COUNTED


def _purpose(code: str) -> str:
    return f"users form {code}"
