"""What others wrote is carried exactly as its page says."""

import hashlib
import re

import pytest

from server.texts import WEB

pytestmark = pytest.mark.pure

VENDOR = WEB / "vendor"
LISTED = re.compile(r"^\|(?: \S+ \| \S+ \| \S+ \|)? (\S+) \| ([0-9a-f]{64}) \|", re.M)


def test_every_vendored_file_is_what_its_page_says() -> None:
    listed = {
        (page.parent / name).relative_to(VENDOR).as_posix(): hashed
        for page in (VENDOR / "README.md", VENDOR / "fonts" / "README.md")
        for name, hashed in LISTED.findall(page.read_text("utf-8"))
    }
    found = {
        file.relative_to(VENDOR).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.rglob("*")
        if file.is_file() and file.name != "README.md"
    }
    assert found == listed


def test_every_package_brings_its_licence() -> None:
    assert [
        folder.name for folder in VENDOR.iterdir() if folder.is_dir() and not (folder / "LICENSE").exists()
    ] == []
