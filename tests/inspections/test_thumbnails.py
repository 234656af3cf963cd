"""Pictures shown small: made once, for whoever may see them large, and never in the way of others."""

import asyncio
import errno
import hashlib
import io
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image

from server.inspections.evidence.files import Files
from server.settings import Settings
from tests.cast import Cast, Staff
from tests.inspections.makers import Round
from tests.inspections.pictures import saved, scene

SignIn = Callable[[str], Awaitable[Staff]]


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def address(content: bytes) -> str:
    return f"/api/inspections/evidence/{sha256_of(content)}"


async def brought(staff: Staff, content: bytes) -> str:
    answered = await staff.browser.put(address(content), content=content)
    assert answered.status_code in (200, 201), answered.text
    return f"{address(content)}/thumbnail"


def kept(settings: Settings, stored: bytes) -> Path:
    return settings.data / "thumbnails" / sha256_of(stored)[:2] / f"{sha256_of(stored)}.jpg"


@pytest.fixture
async def eka(sign_in: SignIn) -> Staff:
    return await sign_in("eka")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_shown_small_as_harmlessly_as_large(eka: Staff, kind: str) -> None:
    content = saved(scene("papan", (1600, 1200)), kind)
    small = await eka.browser.get(await brought(eka, content))
    large = await eka.browser.get(address(content))
    assert small.status_code == 200
    picture = Image.open(io.BytesIO(small.content))
    assert (picture.format, picture.size) == ("JPEG", (320, 240))
    assert len(small.content) < 30_000
    assert small.headers["content-type"] == "image/jpeg"
    for header in ("content-security-policy", "x-content-type-options", "cache-control"):
        assert small.headers[header] == large.headers[header]
    assert "no-store" in small.headers["cache-control"]


async def test_what_is_transparent_lies_on_white(eka: Staff) -> None:
    content = saved(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG")
    small = await eka.browser.get(await brought(eka, content))
    assert Image.open(io.BytesIO(small.content)).getpixel((25, 25)) == (255, 255, 255)


async def test_a_thumbnail_carries_no_metadata(eka: Staff, settings: Settings) -> None:
    told = Image.Exif()
    told[0x010F] = "SECRET"
    content = saved(scene("a", (900, 700)), exif=told)
    small = await eka.browser.get(await brought(eka, content))
    assert b"SECRET" not in small.content and b"Exif" not in small.content
    # a folder that was lost is made again
    large = (await eka.browser.get(address(content))).content
    file = kept(settings, large)
    assert file.read_bytes() == small.content
    file.unlink()
    assert (await eka.browser.get(f"{address(content)}/thumbnail")).content == small.content
    assert file.exists()
    file.write_bytes(b"made before")
    assert (await eka.browser.get(f"{address(content)}/thumbnail")).content == b"made before"


async def test_who_may_not_see_a_picture_does_not_see_it_small(
    eka: Staff, sign_in: SignIn, round_: Round, cast: Cast
) -> None:
    content = saved(scene("a"))
    thumbnail = await brought(eka, content)
    visit = await round_.visit("eka", cast.a, {}, state="draft")
    finding = {
        "observed_at": "2026-11-20T09:00:00+07:00",
        "value": 1,
        "evidence": [{"id": str(uuid4()), "kind": "photo", "sha256": sha256_of(content)}],
    }
    recorded = await eka.browser.put(f"/api/inspections/visits/{visit}/findings/4", json=finding)
    assert recorded.status_code == 200, recorded.text
    seen = {}
    for name in ("ani", "gita", "fajar", "budi", "citra"):
        staff = await sign_in(name)
        seen[name] = (await staff.browser.get(thumbnail)).status_code
        assert seen[name] == (await staff.browser.get(address(content))).status_code
    assert seen == {"ani": 200, "gita": 200, "fajar": 404, "budi": 404, "citra": 404}


async def test_only_pictures_have_one(eka: Staff) -> None:
    missing = await eka.browser.get(await brought(eka, b"%PDF-1.7\n%%EOF\n"))
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_evidence")
    for name in ("f" * 64, "abc", "..%2Floket.db"):
        assert (await eka.browser.get(f"/api/inspections/evidence/{name}/thumbnail")).status_code == 404


async def test_a_picture_that_is_lost_is_our_fault_and_logged(
    eka: Staff, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    content = saved(scene("hilang"))
    thumbnail = await brought(eka, content)
    Files(settings.data / "evidence").path_of(sha256_of(content)).unlink()
    with caplog.at_level(logging.ERROR, "loket"):
        refused = await eka.browser.get(thumbnail)
    assert (refused.status_code, refused.json()["code"]) == (500, "broken")
    assert sha256_of(content) in caplog.text


async def test_a_full_disk_shows_it_all_the_same_and_keeps_nothing(
    eka: Staff, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = saved(scene("penuh"))
    thumbnail = await brought(eka, content)

    def full(_place: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        small = await eka.browser.get(thumbnail)
    assert small.status_code == 200
    assert Image.open(io.BytesIO(small.content)).size == (320, 240)
    folder = kept(settings, content).parent
    assert list(folder.iterdir()) == []
    assert (await eka.browser.get(thumbnail)).content == small.content
    assert [file.name for file in folder.iterdir()] == [kept(settings, content).name]


async def test_many_at_once_are_made_without_holding_up_the_others(eka: Staff) -> None:
    thumbnails = [await brought(eka, saved(scene(f"foto {n}", (1600, 1200)))) for n in range(24)]
    asked = [asyncio.create_task(eka.browser.get(one)) for one in thumbnails * 2]
    longest = 0.0
    loop = asyncio.get_running_loop()
    while not all(one.done() for one in asked):
        began = loop.time()
        await asyncio.sleep(0.005)
        longest = max(longest, loop.time() - began)
    assert {(await one).status_code for one in asked} == {200}
    assert longest < 0.5


async def test_the_page_of_a_visit_shows_pictures_small_with_their_sides(
    eka: Staff, round_: Round, cast: Cast
) -> None:
    content = saved(scene("papan", (1200, 1600)))
    thumbnail = await brought(eka, content)
    visit = await round_.visit("eka", cast.a, {}, state="draft")
    finding = {
        "observed_at": "2026-11-20T09:00:00+07:00",
        "value": 1,
        "evidence": [{"id": str(uuid4()), "kind": "photo", "sha256": sha256_of(content)}],
    }
    recorded = await eka.browser.put(f"/api/inspections/visits/{visit}/findings/4", json=finding)
    assert recorded.status_code == 200, recorded.text
    page = (await eka.browser.get(f"/staff/inspections/visits/{visit}")).text
    assert f'<a href="{address(content)}"><img src="{thumbnail}" width="240" height="320"' in page
    assert 'loading="lazy"' in page
