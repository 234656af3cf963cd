"""The signed token that comes with a survey page: which counter, when it was served, and a number of its own.

A page's token lives two days (an offline day and a night), a kiosk's for a month.
"""

from datetime import datetime, timedelta

import msgspec

from server import signing

PAGE_LASTS = timedelta(hours=48)
KIOSK_LASTS = timedelta(days=31)

_MARKS = {"q": PAGE_LASTS, "k": KIOSK_LASTS}


class Token(msgspec.Struct, frozen=True):
    """What a token turned out to be: `verdict` is ok, missing, expired or forged."""

    verdict: str
    served_at: datetime | None = None
    number: str | None = None
    is_kiosk: bool = False


def sign(secret: bytes, counter: str, now: datetime, number: bytes, *, is_kiosk: bool = False) -> str:
    """A new token; `number` is 9 random bytes."""
    return signing.sign(secret, _purpose(counter), "k" if is_kiosk else "q", now, number)


def read(secret: bytes, counter: str, token: str, now: datetime) -> Token:
    """What `token` proves for this counter at `now`; never raises, whatever it is given."""
    if not token:
        return Token("missing")
    found = signing.read(secret, _purpose(counter), token)
    if found is None:
        return Token("forged")
    verdict = "ok" if now - found.made_at <= _MARKS[found.mark] else "expired"
    return Token(verdict, found.made_at, found.number, is_kiosk=found.mark == "k")


def kiosk_key(secret: bytes, counter: str) -> str:
    """The key in a kiosk's link: it opens the kiosk of one counter and nothing else."""
    return signing.seal(secret, _purpose(counter), "kiosk link")


def _purpose(counter: str) -> str:
    return f"survey {counter}"
