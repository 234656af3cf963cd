"""Print-ready posters of counters, one page each, made with typst: on A4, A5 or as a tent card.

The template is web/posters/posters.typ; names reach it as data, never as source. Blocking: call in a thread.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Literal

import msgspec
import typst

from server.texts import SOURCE, WEB, long_date
from server.units.codes import readable
from server.units.qr import matrix, picture, poster_level

TEMPLATE = WEB / "posters" / "posters.typ"
FONTS = WEB / "vendor" / "fonts"

Paper = Literal["a4", "a5", "tent"]
"""`tent` is an A4 sheet folded in the middle, with the same poster on both sides."""


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """What the poster of one counter says; names as people write them."""

    code: str
    address: str
    """What the QR carries; see `qr.address`."""
    short_address: str
    """What people type, ending in the code; see `qr.short_address`."""
    city: str
    unit: str
    counter: str
    service: str | None = None
    hall: str | None = None
    """The hall's name, where the counter stands in another unit's hall."""
    issued_on: date
    """Printed small beside the code, so that a poster whose code was revoked can be found and replaced."""
    questions: int = 9
    """How many the survey asks: 8 where it leaves the cost out."""


def posters_pdf(posters: Sequence[Poster], paper: Paper) -> bytes:
    """A vector PDF with a page for each of at least one poster; the same posters give the same bytes."""
    data = {"title": _title(posters), "paper": paper, "posters": [_facts(poster) for poster in posters]}
    compiler = typst.Compiler(
        TEMPLATE,
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[FONTS]),
        sys_inputs={"data": msgspec.json.encode(data).decode()},
    )
    newest = max(poster.issued_on for poster in posters)
    try:
        return _compiled(compiler, newest, "ua-1")
    except typst.TypstError:
        # PDF/UA refuses the hollow boxes of a script that no font here has; the poster is still of use
        return _compiled(compiler, newest, None)


def _title(posters: Sequence[Poster]) -> str:
    if len(posters) == 1:
        return f"Poster survei: {posters[0].counter}, {posters[0].unit}"
    return f"Poster survei untuk {len(posters)} loket"


def _facts(poster: Poster) -> dict[str, Any]:
    modules = matrix(poster.address, poster_level(poster.address))
    alt = f"Kode QR menuju survei {poster.counter}, {poster.unit}: {poster.short_address}"
    return {
        **msgspec.structs.asdict(poster),
        "site": poster.short_address.removesuffix(poster.code),
        "readable": readable(poster.code),
        "issued": long_date(poster.issued_on, SOURCE),
        "modules": len(modules),
        "qr": picture(modules, poster.code),
        "alt": alt,
    }


def _compiled(compiler: typst.Compiler, day: date, standard: Literal["ua-1"] | None) -> bytes:
    made_at = datetime.combine(day, time(), UTC)
    pdf = compiler.compile(format="pdf", pdf_standards=standard, timestamp=made_at)
    assert isinstance(pdf, bytes)
    return pdf
