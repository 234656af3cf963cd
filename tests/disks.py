"""Disks that can be filled."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of so many bytes of its own, in the folder's place; skips where nothing may be mounted."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "loket", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        reason = f"a disk that can be filled needs the right to mount one: {mounted.stderr}"
        if os.environ.get("REQUIRE_MOUNT"):
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        yield folder
    finally:
        # what was opened on it may still be closing
        subprocess.run(["umount", "--lazy", folder], check=True)
