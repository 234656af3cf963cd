"""Slugs: a unit's or a service's name in an address, 'dinas-kependudukan'."""

import re
import unicodedata
from collections.abc import Container

LONGEST = 80

RESERVED = frozenset({"new", "import"})
"""Words that stand where a unit's slug would in staff addresses."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def is_slug(text: str) -> bool:
    return len(text) <= LONGEST and text not in RESERVED and _SLUG.fullmatch(text) is not None


def slug_of(name: str) -> str:
    """The slug of a name: plain letters and digits joined by hyphens, cut between words."""
    plain = (
        unicodedata.normalize("NFKD", name.replace("&", " dan ")).encode("ascii", "ignore").decode().lower()
    )
    words = re.findall("[a-z0-9]+", plain.replace("'", ""))
    while len("-".join(words)) > LONGEST and len(words) > 1:
        words.pop()
    slug = "-".join(words)[:LONGEST]
    return slug if slug and slug not in RESERVED else f"unit-{slug}".removesuffix("-")


def free_slug(name: str, taken: Container[str]) -> str:
    """The slug of a name, numbered when others have it."""
    slug, number = slug_of(name), 2
    while slug in taken:
        ending = f"-{number}"
        slug, number = slug_of(name)[: LONGEST - len(ending)].rstrip("-") + ending, number + 1
    return slug
