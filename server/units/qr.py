"""QR codes of counters: the address they carry, their modules, and the picture for the screen."""

from html import escape
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q

QUIET_ZONE = 4
"""White modules that ISO/IEC 18004 asks for on every side of the symbol."""

LARGEST_POSTER_VERSION = 4
"""33 modules a side: beyond it, modules get small where a weak camera stands far away."""

_LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}

Matrix = list[list[bool]]
"""Rows of modules, True is dark, without quiet zone."""


def address(public_url: str, code: str, page: str = "S") -> str:
    """What the QR of a counter carries: HTTPS://HOST/S/CODE. `page` is the letter of another page behind a code.

    Scheme and host mean the same in capitals, and capitals are QR's alphanumeric mode: a smaller symbol with
    larger modules. A path that Loket lives under may depend on its case and is kept as it is; lower case in
    it makes the symbol larger by a version or two.
    """
    scheme, host, path = _parts(public_url)
    return f"{scheme.upper()}://{host.upper()}{path}/{page}/{code}"


def short_address(public_url: str, code: str, page: str = "S") -> str:
    """What a person without a camera types: host/s/CODE."""
    _, host, path = _parts(public_url)
    return f"{host.lower()}{path}/{page.lower()}/{code}"


def matrix(text: str, level: str) -> Matrix:
    """The smallest symbol that carries the text at level L, M, Q or H."""
    symbol = _symbol(text, level)
    symbol.make()
    modules: Matrix = symbol.get_matrix()
    return modules


def poster_level(text: str) -> str:
    """The strongest level, H before Q before M, that keeps the symbol within LARGEST_POSTER_VERSION; else M.

    Posters get scratched, stained and stuck over, which a higher level survives, but its modules are smaller.
    """
    fitting = (level for level in "HQM" if _symbol(text, level).best_fit() <= LARGEST_POSTER_VERSION)
    return next(fitting, "M")


def svg(text: str, title: str, level: str = "M") -> str:
    """An inline SVG with quiet zone, black on white in dark pages too; screen readers say `title`."""
    return picture(matrix(text, level), title)


def picture(modules: Matrix, title: str) -> str:
    """The SVG of given modules: one unit is one module, the whole symbol is one path."""
    side = len(modules) + 2 * QUIET_ZONE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img"'
        f' shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{_dark_runs(modules)}"/></svg>'
    )


def _parts(public_url: str) -> tuple[str, str, str]:
    scheme, _, rest = public_url.rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return scheme, host, slash + path


def _symbol(text: str, level: str) -> "qrcode.QRCode[Any]":
    symbol = qrcode.QRCode(error_correction=_LEVELS[level], border=0)
    symbol.add_data(text)
    return symbol


def _dark_runs(modules: Matrix) -> str:
    """One rectangle for every horizontal run of dark modules, as path data."""
    path = []
    for y, row in enumerate(modules, start=QUIET_ZONE):
        starts = [x for x, dark in enumerate(row) if dark and not (x and row[x - 1])]
        ends = [x for x, dark in enumerate(row, start=1) if dark and not (x < len(row) and row[x])]
        path += [f"M{a + QUIET_ZONE} {y}h{b - a}v1h-{b - a}z" for a, b in zip(starts, ends, strict=True)]
    return "".join(path)
