import re
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from server.units.qr import QUIET_ZONE, Matrix, address, matrix, poster_level, short_address, svg

ADDRESS = "HTTPS://LOKET.KOTA.GO.ID/S/K7M2Q6"


def drawn(picture: str, pixels: int) -> Image.Image:
    """The picture as a browser would draw it, each module so many pixels wide."""
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', picture)[1])  # type: ignore[index]
    image = Image.new("L", (side * pixels, side * pixels), 255)
    pen = ImageDraw.Draw(image)
    for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", picture):
        assert width == back
        left, top, right = int(x) * pixels, int(y) * pixels, (int(x) + int(width)) * pixels
        pen.rectangle((left, top, right - 1, top + pixels - 1), fill=0)
    return image


def side(modules: Matrix) -> int:
    assert {len(row) for row in modules} == {len(modules)}
    return len(modules)


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [
        ("https://loket.kota.go.id", ADDRESS),
        ("https://loket.kota.go.id/", ADDRESS),
        ("HTTPS://Loket.Kota.go.id", ADDRESS),
        ("http://127.0.0.1:8000", "HTTP://127.0.0.1:8000/S/K7M2Q6"),
        ("https://kota.go.id/Survei/loket/", "HTTPS://KOTA.GO.ID/Survei/loket/S/K7M2Q6"),
    ],
)
def test_the_address_is_in_capitals_as_far_as_case_means_nothing(public_url: str, expected: str) -> None:
    assert address(public_url, "K7M2Q6") == expected


def test_the_short_address_is_what_people_type() -> None:
    assert short_address("https://Loket.Kota.go.id/", "K7M2Q6") == "loket.kota.go.id/s/K7M2Q6"
    assert short_address("http://127.0.0.1:8000", "K7M2Q6") == "127.0.0.1:8000/s/K7M2Q6"
    assert short_address("https://kota.go.id/Survei", "K7M2Q6") == "kota.go.id/Survei/s/K7M2Q6"


@pytest.mark.parametrize("level", "LMQH")
def test_a_foreign_decoder_reads_the_picture(level: str) -> None:
    (found,) = zxingcpp.read_barcodes(drawn(svg(ADDRESS, "Kode QR", level), 3))
    assert found.text == ADDRESS
    assert found.ec_level == level


def test_the_picture_has_its_quiet_zone_and_nothing_in_it() -> None:
    picture = drawn(svg(ADDRESS, "Kode QR"), 1)
    modules = side(matrix(ADDRESS, "M"))
    assert picture.size == (modules + 8, modules + 8)
    dark = picture.point(lambda shade: 255 - shade).getbbox()
    assert dark == (QUIET_ZONE, QUIET_ZONE, QUIET_ZONE + modules, QUIET_ZONE + modules)


def test_the_picture_is_named_for_screen_readers_whatever_the_name() -> None:
    picture = ElementTree.fromstring(svg(ADDRESS, 'Loket "A" <3> & Bagian Añā'))
    assert picture.get("role") == "img"
    assert picture[0].tag.endswith("title")
    assert picture[0].text == 'Loket "A" <3> & Bagian Añā'


def test_the_picture_stays_small() -> None:
    assert len(svg(ADDRESS, "Kode QR")) < 3_000


def test_capitals_make_a_smaller_symbol() -> None:
    assert side(matrix(ADDRESS, "M")) == 25
    assert side(matrix(ADDRESS.lower(), "M")) == 29


@pytest.mark.parametrize(
    ("host", "level", "modules"),
    [
        ("LOKET.KOTA.GO.ID", "H", 29),
        ("SURVEI.KABUPATEN.GO.ID", "H", 33),
        ("S" * 45, "Q", 33),
        ("S" * 60, "M", 33),
    ],
)
def test_a_poster_takes_the_strongest_level_that_keeps_modules_large(
    host: str, level: str, modules: int
) -> None:
    text = f"HTTPS://{host}/S/K7M2Q6"
    assert poster_level(text) == level
    assert side(matrix(text, level)) == modules


def test_an_address_too_long_for_a_small_symbol_still_gets_one() -> None:
    text = address("https://kota.go.id/" + "pelayanan/" * 9, "K7M2Q6")
    assert poster_level(text) == "M"
    (found,) = zxingcpp.read_barcodes(drawn(svg(text, "Kode QR", "M"), 3))
    assert found.text == text
