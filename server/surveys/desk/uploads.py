"""Files that somebody brought and has not yet confirmed: kept on disk under the hash of their content, for a day.

A browser cannot carry a file from the page that checks it to the button that confirms it; we can.
"""

import hashlib
import re
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import time

KEPT_S = 24 * 60 * 60

_KEY = re.compile(r"[0-9a-f]{64}")


class Uploads:
    """The files kept for one purpose. Every method reads or writes a disk: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Keeps a file and tells its key, the SHA-256 of its content; forgets those whose day is over."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_old()
        key = hashlib.sha256(content).hexdigest()
        # whoever reads meanwhile finds the whole file or none
        with NamedTemporaryFile(dir=self._folder, delete=False) as unfinished:
            unfinished.write(content)
        Path(unfinished.name).replace(self._folder / key)
        return key

    def find(self, key: str) -> bytes | None:
        """The file of a key; None when we hold none, or no longer."""
        with suppress(FileNotFoundError):
            return (self._folder / key).read_bytes() if _KEY.fullmatch(key) else None
        return None

    def forget(self, key: str) -> None:
        if _KEY.fullmatch(key):
            (self._folder / key).unlink(missing_ok=True)

    def _forget_old(self) -> None:
        for file in self._folder.iterdir():
            # another process may be forgetting the same ones
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < time() - KEPT_S:
                    file.unlink()
