"""The app as it once was: a phone that was offline since then must still be understood.

`python -m tests.faults.shells 0.2.0` keeps what a phone keeps of today's app under that name; done at every release.
"""

import io
import sys
import tarfile
from pathlib import Path, PurePosixPath

from server.app_shell import NOT_KEPT, files, furnish
from server.pages import Asset
from server.texts import WEB

FOLDER = Path(__file__).parent / "shells"
_ENDS = ".tar.xz"


def kept() -> list[str]:
    return sorted(file.name.removesuffix(_ENDS) for file in FOLDER.glob(f"*{_ENDS}"))


def shell_of(version: str) -> dict[str, Asset]:
    """Every file of a former app, as it was served."""
    with tarfile.open(FOLDER / f"{version}{_ENDS}") as archive:
        found = {member.name: archive.extractfile(member) for member in archive}
        return {name: Asset(name, file.read()) for name, file in found.items() if file is not None}


def next_version() -> dict[str, Asset]:
    """The app of today but for one line, by which its page can be told: another version to every phone."""
    found = files(WEB)
    return furnish({**found, "main.js": found["main.js"] + b"\nwindow.version = 'new';\n"})


def keep(version: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with tarfile.open(FOLDER / f"{version}{_ENDS}", "w:xz", preset=9) as archive:
        for name, file in sorted(furnish(files(WEB)).items()):
            if PurePosixPath(name).suffix not in NOT_KEPT:
                # without a time: the same app is the same archive
                member = tarfile.TarInfo(name)
                member.size = len(file.plain)
                archive.addfile(member, io.BytesIO(file.plain))


if __name__ == "__main__":
    keep(sys.argv[1])
