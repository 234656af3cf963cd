"""The signed token that comes with a survey page: which counter, when it was served, and a number of its own.

It proves that an answer began on a page we served, and bounds when it can have been given. It holds nothing about
the person. A page's token lives two days (an offline day and a night), a kiosk's for a month.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import msgspec

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
    said = f"{'k' if is_kiosk else 'q'}{int(now.timestamp()):x}.{_text(number)}"
    return f"{said}.{_seal(secret, counter, said)}"


def read(secret: bytes, counter: str, token: str, now: datetime) -> Token:
    """What `token` proves for this counter at `now`; never raises, whatever it is given."""
    if not token:
        return Token("missing")
    said, _, seal = token.rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(secret, counter, said).encode()):
        return Token("forged")
    time, _, number = said[1:].partition(".")
    served_at = datetime.fromtimestamp(int(time, 16), UTC)
    verdict = "ok" if now - served_at <= _MARKS[said[0]] else "expired"
    return Token(verdict, served_at, number, is_kiosk=said[0] == "k")


def kiosk_key(secret: bytes, counter: str) -> str:
    """The key in a kiosk's link: it opens the kiosk of one counter and nothing else."""
    return _seal(secret, counter, "kiosk link")


def _seal(secret: bytes, counter: str, said: str) -> str:
    return _text(hmac.new(secret, f"survey {counter} {said}".encode(), hashlib.sha256).digest()[:15])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
