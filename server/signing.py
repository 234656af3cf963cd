"""Signed tokens of public pages: what for, when its page was served, and a number of its own; nothing about a person.

A token proves that an answer began on a page we served, and bounds when it can have been given. Pure: the caller
brings the clock and the chance.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import msgspec


class Signed(msgspec.Struct, frozen=True):
    """What a genuine token says: the mark of its kind, when it was made, and its number."""

    mark: str
    made_at: datetime
    number: str


def sign(secret: bytes, purpose: str, mark: str, now: datetime, number: bytes) -> str:
    """A new token; `mark` is one letter, `number` is 9 random bytes."""
    said = f"{mark}{int(now.timestamp()):x}.{_text(number)}"
    return f"{said}.{seal(secret, purpose, said)}"


def read(secret: bytes, purpose: str, token: str) -> Signed | None:
    """What a token made for this purpose says, None for any other; never raises, whatever it is given."""
    said, _, sealed = token.rpartition(".")
    if not hmac.compare_digest(_bytes(sealed), _bytes(seal(secret, purpose, said))):
        return None
    time, _, number = said[1:].partition(".")
    return Signed(said[0], datetime.fromtimestamp(int(time, 16), UTC), number)


def seal(secret: bytes, purpose: str, said: str) -> str:
    """What nobody can write who does not know the secret."""
    return _text(hmac.new(secret, _bytes(f"{purpose} {said}"), hashlib.sha256).digest()[:15])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Any text: what a browser sends may hold half a character."""
    return text.encode("utf-8", "surrogatepass")
