"""What people write into a record: trimmed, long enough to mean something, short enough to be read."""

from server.problems import Problem
from server.texts import readable


def said(text: str, name: str, field: str, least: int = 0, most: int = 2000) -> str:
    """The words without the space around them; `name` is what the sentence of a refusal calls them."""
    words = readable(text)
    if not least <= len(words) <= most:
        size = f"{least} sampai {most}" if least else f"paling banyak {most}"
        raise Problem("bad_form", field=field, what=f"Tulis {name} dengan {size} huruf.")
    return words
