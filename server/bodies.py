"""What is asked of every body before it is read: its type, its shape, and whether a database keeps its characters."""

import re
from typing import Final, TypeVar

import msgspec

from server.problems import Problem

Body = TypeVar("Body")

JSON: Final = "application/json"
"""A form of another site cannot send this type without asking us first."""

FORM: Final = "application/x-www-form-urlencoded"

# PostgreSQL keeps no text with this character, and will not even compare one. An even number of backslashes before it
# is a text that speaks of it
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def refuse_other_type(content_type: str, wanted: str) -> None:
    """Refuses a Content-Type that is not the wanted one, whatever stands behind its semicolon."""
    if content_type.partition(";")[0].strip().lower() != wanted:
        raise Problem("wrong_content_type", accepted=f"formulir ({FORM})" if wanted == FORM else wanted)


def holds_nul(body: bytes) -> bool:
    """Whether a text in this JSON holds the one character that no database keeps."""
    # the first is quick, and mostly all that is asked
    return rb"\u0000" in body and _NUL.search(body) is not None


def decoded(body: bytes, shape: type[Body]) -> Body:
    """JSON in its shape; anything else is refused with what is wrong and where."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Problem("bad_form", what=f"Isian tidak sesuai: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("unreadable", what="bukan JSON yang utuh.") from error
