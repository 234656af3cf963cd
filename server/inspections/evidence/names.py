"""The name a file is shown with: as its owner called it, as far as that is safe, and with the extension of what it is.

Pure.
"""

import re
import unicodedata
from urllib.parse import quote, unquote

NAMELESS = "bukti"
STEM_MOST = 100

_EXTENSIONS = re.compile(r"(\.[A-Za-z][A-Za-z0-9]{1,4})+$")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*%;]')


def display_name(claimed: str, extension: str) -> str:
    """A safe name from a percent-encoded one: no folders, no control or direction marks, one true extension."""
    whole = re.split(r"[/\\]", unquote(claimed, errors="replace"))[-1]
    letters = "".join(
        one
        for one in unicodedata.normalize("NFC", whole)
        # C: controls, direction marks, halves of letters; also what a decoder could not read
        if (unicodedata.category(one)[0] != "C" or one.isspace()) and one != "\N{REPLACEMENT CHARACTER}"
    )
    stem = _EXTENSIONS.sub("", _NOT_IN_NAMES.sub("-", " ".join(letters.split())))
    return f"{stem[:STEM_MOST].strip(' .') or NAMELESS}.{extension}"


def neutral_name(sha256: str, extension: str) -> str:
    """The name for readers who are not to learn how somebody else called the same bytes."""
    return f"{NAMELESS}-{sha256[:8]}.{extension}"


def disposition(name: str, *, is_inline: bool) -> str:
    """The header that tells a browser to save the file (or that it may show it), with the name in every alphabet."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or NAMELESS
    plain = re.sub(r'["\\]', "", plain)
    return f"{'inline' if is_inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
