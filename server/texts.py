"""What people read, in their language: gettext catalogues, numbers, dates and times.

The source language is Indonesian: a text's key is the Indonesian text itself, so Indonesian needs no catalogue.
Other languages are `web/locale/<language>.po`, read at start-up; a missing text falls back to Indonesian.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

WEB = next(
    folder
    for folder in (Path(__file__).parent / "web", Path(__file__).parent.parent / "web")
    if folder.is_dir()
)
"""Where templates, styles and scripts are: inside the installed package, or beside it in the source tree."""

SOURCE = "id"
LANGUAGES = (SOURCE, *sorted(file.stem for file in (WEB / "locale").glob("*.po")))
ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}

Translate = Callable[[str], str]


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations into a language; for Indonesian, the identity."""
    if language == SOURCE:
        return NullTranslations()
    with (WEB / "locale" / f"{language}.po").open("rb") as file:
        compiled = BytesIO()
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def translator(language: str) -> Translate:
    """The function that turns an Indonesian text into `language`."""
    gettext: Translate = catalogue(language).gettext
    return gettext


def language_of(asked: str | None, kept: str | None, accepted: str) -> str:
    """The language to answer in: asked for in the address, else kept from before, else what the browser prefers."""
    for choice in (asked, kept):
        if choice in LANGUAGES:
            return choice
    for part in accepted.lower().split(","):
        language = part.split(";")[0].strip().split("-")[0]
        if language in LANGUAGES:
            return language
    return SOURCE


def number(value: Decimal | int | str | None, language: str) -> str:
    """A number as people of the language write it, digits unchanged: 1.234,50 in Indonesian, 1,234.50 in English."""
    if value is None:
        return "–"
    text = f"{Decimal(value):,}"
    return text.translate(str.maketrans(",.", ".,")) if language == SOURCE else text


def long_date(day: date, language: str) -> str:
    return str(format_date(day, "d MMMM y", locale=language))


def short_month(day: date, language: str) -> str:
    return str(format_date(day, "MMM y", locale=language))


def clock_time(moment: datetime, zone: str, language: str) -> str:
    """The local time with its zone's name: 09.14 WIB."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%H.%M} {ZONE_NAMES[zone]}" if language == SOURCE else f"{local:%H:%M} {ZONE_NAMES[zone]}"


def local_moment(moment: datetime, zone: str, language: str) -> str:
    """22 November 2026, 09.14 WIB."""
    return f"{long_date(moment.astimezone(ZoneInfo(zone)).date(), language)}, {clock_time(moment, zone, language)}"


def formatters(language: str) -> dict[str, Any]:
    """The filters that templates of one language use."""
    return {
        "number": lambda value: number(value, language),
        "long_date": lambda day: long_date(day, language),
        "short_month": lambda day: short_month(day, language),
        "moment": lambda moment, zone: local_moment(moment, zone, language),
    }


def readable(text: str) -> str:
    """What somebody wrote, without the control characters that no keyboard writes and no database keeps."""
    return _CONTROLS.sub("", text).strip()


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
