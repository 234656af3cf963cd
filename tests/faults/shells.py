"""The app as it once was released: a phone that was offline since must still be understood.

`python -m tests.faults.shells 0.2.0` keeps the app of today under that name, once it is released.
"""

import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from server.app_shell import files, furnish
from server.pages import Asset
from server.texts import WEB

FOLDER = Path(__file__).parent / "shells"


def released() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.zip"))


def shell_of(version: str) -> dict[str, Asset]:
    """Every file of a released app, as it was served."""
    with ZipFile(FOLDER / f"{version}.zip") as kept:
        return {name: Asset(name, kept.read(name)) for name in kept.namelist()}


def other_version(mark: str) -> dict[str, Asset]:
    """The app of today but for one line: another version to every phone."""
    found = files(WEB)
    return furnish({**found, "main.js": found["main.js"] + f"\nwindow.version = {mark!r};\n".encode()})


def keep(version: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with ZipFile(FOLDER / f"{version}.zip", "w", ZIP_DEFLATED) as kept:
        for name, file in sorted(furnish(files(WEB)).items()):
            # without a time: the same app is the same archive
            kept.writestr(ZipInfo(name), file.plain, ZIP_DEFLATED)


if __name__ == "__main__":
    keep(sys.argv[1])
