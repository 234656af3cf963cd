"""Pictures as they arrive: kept without metadata and otherwise as they are, or refused before they do harm.

What is kept is read back by Pillow and searched byte by byte.
"""

import hashlib
import io
import struct
import zlib
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops, ImageStat, PngImagePlugin

from server.inspections.evidence.files import Files
from server.inspections.evidence.media import refuse_other_type
from server.inspections.evidence.metadata import Cut, without_metadata
from server.inspections.evidence.pictures import examined, thumbnail, thumbnail_size
from server.inspections.signals.signs import ALIKE_BITS
from server.problems import Problem
from server.settings import Settings
from tests.cast import Staff
from tests.inspections.pictures import photo_of, saved, scene

SignIn = Callable[[str], Awaitable[Staff]]

MAKER, GPS, ORIENTATION = 0x010F, 0x8825, 0x0112
TRACES = (
    *(b"Exif", b"EXIF", b"eXIf", b"http://ns.adobe.com/xap", b"XMP ", b"Photoshop 3.0", b"8BIM"),
    *(b"SECRET", b"tEXt", b"iTXt", b"zTXt", b"tIME"),
)
"""What metadata leaves in a file's bytes."""
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><SECRET/></x:xmpmeta>'


def exif(orientation: int | None = None) -> Image.Exif:
    """What a camera writes: its maker, where it was, how it was held."""
    told = Image.Exif()
    told[MAKER] = "SECRET camera"
    told.get_ifd(GPS).update({1: "S", 2: (6.0, 12.0, 31.68), 3: "E", 4: (106.0, 50.0, 44.16)})
    if orientation is not None:
        told[ORIENTATION] = orientation
    return told


def told_png() -> PngImagePlugin.PngInfo:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "SECRET")
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    words.add_text("Description", "SECRET" * 40, zip=True)
    return words


@cache
def profile() -> bytes:
    """One for all: it carries the second it was made in."""
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


WITH_METADATA: dict[str, Callable[[], bytes]] = {
    "image/jpeg": lambda: saved(
        scene("a"), exif=exif(), xmp=XMP, comment=b"SECRET", icc_profile=profile(), progressive=True
    ),
    "image/png": lambda: saved(scene("a"), "PNG", exif=exif(), pnginfo=told_png(), icc_profile=profile()),
    "image/webp": lambda: saved(scene("a"), "WEBP", exif=exif(), xmp=XMP, icc_profile=profile()),
}
WITHOUT: dict[str, Callable[[], bytes]] = {
    "image/jpeg": lambda: saved(scene("a"), quality=80),
    "image/png": lambda: saved(scene("a"), "PNG"),
    "image/webp": lambda: saved(scene("a"), "WEBP"),
}


def shown(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def unlike(one: Image.Image, other: Image.Image) -> float:
    """How far apart the grey of two pictures is on average."""
    return float(ImageStat.Stat(ImageChops.difference(one.convert("L"), other.convert("L"))).mean[0])


def refusal(content: bytes, media_type: str) -> Problem:
    with pytest.raises(Problem) as refused:
        examined(content, media_type)
    return refused.value


# ── metadata ──


@pytest.mark.pure
@pytest.mark.parametrize("media_type", WITH_METADATA)
def test_metadata_goes_and_the_picture_stays_to_the_last_pixel(media_type: str) -> None:
    content = WITH_METADATA[media_type]()
    assert b"SECRET" in content
    kept = examined(content, media_type).content
    assert [trace for trace in TRACES if trace in kept] == []
    before, after = shown(content), shown(kept)
    assert after.tobytes() == before.tobytes()
    assert dict(after.getexif()) == {}
    assert after.info.get("icc_profile") == profile()
    assert {"xmp", "comment", "exif", "Comment", "photoshop"} & after.info.keys() == set()


@pytest.mark.pure
@pytest.mark.parametrize("media_type", WITHOUT)
def test_a_file_without_metadata_is_kept_byte_for_byte(media_type: str) -> None:
    content = WITHOUT[media_type]()
    picture = examined(content, media_type)
    assert picture.content == content
    assert (picture.width, picture.height) == (320, 240)


@pytest.mark.pure
@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"restart_marker_blocks": 2}, {"subsampling": 2}])
def test_every_kind_of_jpeg_a_canvas_writes_is_kept_byte_for_byte(how: dict[str, Any]) -> None:
    for picture in (scene("a"), scene("b").convert("L"), scene("c").convert("CMYK")):
        content = saved(picture, **how)
        assert without_metadata(content, "image/jpeg") == content


@pytest.mark.pure
def test_what_hangs_behind_a_picture_is_no_picture() -> None:
    for media_type, make in WITHOUT.items():
        assert examined(make() + b"SECRET" * 9, media_type).content == make()


@pytest.mark.pure
def test_nothing_hides_in_a_part_that_makes_no_picture() -> None:
    """Of parts that decoders skip, one in each type: a JPEG's number of lines, a chunk in a frame of a WebP."""
    plain = saved(scene("a"))
    jpeg = plain[:2] + b"\xff\xdc" + struct.pack(">H", 8) + b"SECRET" + plain[2:]
    assert examined(jpeg, "image/jpeg").content == plain

    frames = [scene(name, (64, 48)) for name in "ab"]
    moving = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)
    hidden = b"EXIF" + struct.pack("<I", 7) + b"SECRET!\0"
    begin = moving.index(b"ANMF")
    (size,) = struct.unpack("<I", moving[begin + 4 : begin + 8])
    end = begin + 8 + size + size % 2
    frame = b"ANMF" + struct.pack("<I", end - begin - 8 + len(hidden)) + moving[begin + 8 : end] + hidden
    webp = (
        moving[:4] + struct.pack("<I", len(moving) - 8 + len(hidden)) + moving[8:begin] + frame + moving[end:]
    )
    assert shown(webp).tobytes() == shown(moving).tobytes()
    assert examined(webp, "image/webp").content == moving


@pytest.mark.pure
def test_a_second_picture_behind_the_first_goes_with_its_place() -> None:
    """Phones write a preview into the same file (MPO)."""
    content = saved(scene("a"), "MPO", save_all=True, append_images=[scene("b")], exif=exif())
    kept = examined(content, "image/jpeg").content
    assert b"Exif" not in kept and b"MPF\0" not in kept
    assert len(kept) < len(content) * 0.7
    assert shown(kept).tobytes() == shown(content).tobytes()


@pytest.mark.pure
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_as_its_camera_was_held(kind: str, orientation: int) -> None:
    upright = scene("tegak", (96, 64))
    held = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)  # fmt: skip
    lying = upright if held is None else upright.transpose(held)
    how = {"lossless": True} if kind == "WEBP" else {"quality": 92} if kind == "JPEG" else {}
    picture = examined(saved(lying, kind, exif=exif(orientation), **how), f"image/{kind.lower()}")
    assert [trace for trace in TRACES if trace in picture.content] == []
    assert (picture.width, picture.height) == shown(picture.content).size == (96, 64)
    apart = unlike(shown(picture.content), upright)
    assert apart < 3 if kind == "JPEG" else apart == 0


@pytest.mark.pure
def test_a_turned_cmyk_picture_keeps_its_colours() -> None:
    lying = scene("a", (64, 96)).convert("CMYK")
    picture = examined(saved(lying, exif=exif(6)), "image/jpeg")
    assert shown(picture.content).mode == "CMYK"
    assert unlike(shown(picture.content), lying.transpose(Image.Transpose.ROTATE_270)) < 3


@pytest.mark.pure
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_metadata_that_makes_no_sense_harms_nobody() -> None:
    for broken in (
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(9),
    ):
        plain = saved(scene("a"))
        segment = b"\xff\xe1" + struct.pack(">H", len(broken) + 2) + broken
        assert examined(plain[:2] + segment + plain[2:], "image/jpeg").content == plain


@pytest.mark.pure
@pytest.mark.parametrize(("kind", "words"), [("PNG", {"pnginfo": told_png()}), ("WEBP", {"xmp": XMP})])
def test_an_animated_picture_keeps_all_its_frames_and_nothing_else(kind: str, words: dict[str, Any]) -> None:
    frames = [scene(name, (64, 48)) for name in "abc"]
    content = saved(
        frames[0], kind, save_all=True, append_images=frames[1:], duration=100, exif=exif(6), **words
    )
    picture = examined(content, f"image/{kind.lower()}")
    assert [trace for trace in TRACES if trace in picture.content] == []
    again = shown(picture.content)
    assert (again.n_frames, again.size) == (3, (64, 48))  # type: ignore[attr-defined]


@pytest.mark.pure
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_of_any_depth_keeps_its_pixels_and_is_shown_small(mode: str) -> None:
    picture = (
        Image.frombytes("I;16", (64, 48), bytes(range(256)) * 24)
        if mode == "I;16"
        else scene("a", (64, 48)).convert(mode)
    )
    for orientation in (None, 6):
        told = examined(saved(picture, "PNG", exif=exif(orientation)), "image/png")
        turned = picture if orientation is None else picture.transpose(Image.Transpose.ROTATE_270)
        assert shown(told.content).tobytes() == turned.tobytes()
        small = shown(thumbnail(told.content, "image/png"))
        assert (small.format, small.mode, small.size) == ("JPEG", "RGB", turned.size)


def png_of(width: int, height: int, depth: int = 8, colour: int = 2, body: bytes = b"") -> bytes:
    """A PNG written by hand: Pillow writes no colours of 16 bits, nor headers that lie."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    text = chunk(b"tEXt", b"Comment\0SECRET")
    chunks = (chunk(b"IHDR", header), text, chunk(b"IDAT", zlib.compress(body)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.pure
def test_colours_of_16_bits_stay_16_bits() -> None:
    row = b"\0" + bytes(range(48))
    kept = examined(png_of(8, 4, depth=16, body=row * 4), "image/png").content
    assert b"SECRET" not in kept
    assert zlib.decompress(kept[kept.index(b"IDAT") + 4 : -16]) == row * 4


# ── what is refused ──


@pytest.mark.pure
@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (12_001, 10), (8_000, 5_001), (10, 200_000)])
def test_a_picture_too_large_for_the_memory_is_refused_by_its_header(width: int, height: int) -> None:
    problem = refusal(png_of(width, height), "image/png")
    assert problem.code == "bad_evidence"
    assert "40 megapiksel" in problem.detail and "12.000 piksel" in problem.detail


@pytest.mark.pure
def test_a_jpeg_and_a_webp_that_claim_too_much_are_refused() -> None:
    jpeg = bytearray(saved(scene("a")))
    place = jpeg.index(b"\xff\xc0") + 5
    jpeg[place : place + 4] = struct.pack(">HH", 60_000, 60_000)
    assert "megapiksel" in refusal(bytes(jpeg), "image/jpeg").detail
    webp = bytearray(saved(scene("a").convert("RGBA"), "WEBP", exif=exif()))
    place = webp.index(b"VP8X") + 12
    webp[place : place + 6] = (59_999).to_bytes(3, "little") * 2
    assert refusal(bytes(webp), "image/webp").code == "bad_evidence"


@pytest.mark.pure
def test_the_largest_picture_that_fits_is_taken() -> None:
    body = zlib.compress(b"") and b"\0" * (12_000 // 8 + 1) * 3_300
    picture = examined(png_of(12_000, 3_300, depth=1, colour=0, body=body), "image/png")
    assert (picture.width, picture.height) == (12_000, 3_300)


@pytest.mark.pure
@pytest.mark.parametrize("media_type", WITHOUT)
def test_a_picture_cut_anywhere_is_refused_with_a_sentence(media_type: str) -> None:
    content = WITHOUT[media_type]()
    for left in {*range(20, len(content), len(content) // 40), len(content) - 1, len(content) - 2}:
        problem = refusal(content[:left], media_type)
        assert problem.code == "bad_evidence"
        assert "rusak atau terpotong" in problem.detail


@pytest.mark.pure
@pytest.mark.parametrize("media_type", WITHOUT)
def test_bytes_of_a_type_that_mean_nothing_are_refused(media_type: str) -> None:
    content = WITHOUT[media_type]()
    assert refusal(content[:12] + bytes(400), media_type).code == "bad_evidence"
    with pytest.raises(Cut):
        without_metadata(content[:12] + bytes(3), media_type)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("announced", "is_refused"),
    [
        ("image/jpeg", True), ("IMAGE/JPG; q=1", True), ("application/pdf", True),
        ("image/png", False), ("", False), ("application/octet-stream", False), ("image/x-png", False),
    ],
)  # fmt: skip
def test_a_file_must_be_what_its_sender_says(announced: str, is_refused: bool, tmp_path: Path) -> None:
    file = tmp_path / "foto.jpg"
    file.write_bytes(saved(scene("a"), "PNG"))
    if is_refused:
        with pytest.raises(Problem, match=r"bad_evidence.*isinya \.png"):
            refuse_other_type(announced, file)
    else:
        refuse_other_type(announced, file)


# ── what it looks like ──


@pytest.mark.pure
def test_a_picture_saved_again_looks_like_itself_and_like_no_other() -> None:
    def bits(one: int | None, other: int | None) -> int:
        assert one is not None and other is not None
        return ((one ^ other) & (2**64 - 1)).bit_count()

    first = scene("ruang tunggu", (1600, 1200))
    same = examined(saved(first, quality=85), "image/jpeg").likeness
    again = (
        saved(first, quality=35),
        saved(first.resize((640, 480))),
        saved(first.crop((12, 9, 1588, 1191))),
        saved(first.point(lambda value: min(255, value + 12))),
    )
    assert max(bits(same, examined(one, "image/jpeg").likeness) for one in again) <= ALIKE_BITS
    others = [examined(saved(scene(f"ruang {n}")), "image/jpeg").likeness for n in range(60)]
    assert min(bits(same, other) for other in others) > ALIKE_BITS
    assert (
        -(2**63)
        <= min(one for one in others if one is not None)
        < 0
        < max(one for one in others if one)
        < 2**63
    )


@pytest.mark.pure
def test_a_picture_of_nothing_looks_like_nothing() -> None:
    night = Image.frombytes("L", (320, 240), bytes(value % 3 for value in range(320 * 240)))
    slope = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90)
    for picture in (night, slope, Image.new("RGB", (40, 30), "black"), Image.new("RGB", (1, 1), "red")):
        assert examined(saved(picture), "image/jpeg").likeness is None


@pytest.mark.pure
@pytest.mark.parametrize(
    ("sides", "small"),
    [((4000, 3000), (320, 240)), ((3000, 4000), (240, 320)), ((8, 8), (8, 8)), ((12_000, 10), (320, 1))],
)
def test_a_thumbnail_fits_and_never_grows(sides: tuple[int, int], small: tuple[int, int]) -> None:
    assert thumbnail_size(*sides) == small


# ── through the door ──


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def bring(staff: Staff, content: bytes) -> httpx.Response:
    return await staff.browser.put(f"/api/inspections/evidence/{sha256_of(content)}", content=content)


async def test_a_photo_with_metadata_is_known_by_what_was_announced_and_served_without(
    sign_in: SignIn, settings: Settings
) -> None:
    eka, content = await sign_in("eka"), WITH_METADATA["image/jpeg"]()
    told = await bring(eka, content)
    assert (told.status_code, told.json()["sha256"]) == (201, sha256_of(content))
    served = await eka.browser.get(f"/api/inspections/evidence/{sha256_of(content)}")
    assert served.status_code == 200
    assert [trace for trace in TRACES if trace in served.content] == []
    assert shown(served.content).tobytes() == shown(content).tobytes()
    assert told.json()["size_bytes"] == len(served.content) == int(served.headers["content-length"])
    files = Files(settings.data / "evidence")
    assert files.path_of(sha256_of(served.content)).read_bytes() == served.content
    assert not files.path_of(sha256_of(content)).exists()
    # the same photo with and without metadata is one file on the disk
    assert (await bring(eka, served.content)).status_code == 201
    assert (await bring(eka, content)).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(photo_of("x")[:-40], id="cut"),
        pytest.param(png_of(50_000, 50_000), id="bomb"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(200), id="only looks like a JPEG"),
    ],
)
async def test_what_is_no_picture_leaves_nothing(sign_in: SignIn, settings: Settings, content: bytes) -> None:
    folder = settings.data / "evidence"
    before = sorted(folder.glob("**/*"))
    refused = await bring(await sign_in("eka"), content)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_evidence")
    assert [file for file in sorted(folder.glob("**/*")) if file not in before] == []


async def test_a_file_that_was_taken_in_stays_where_it_is(tmp_path: Path) -> None:
    files, content = Files(tmp_path / "evidence"), WITH_METADATA["image/png"]()
    file = tmp_path / "unggahan"
    file.write_bytes(content)
    for announced in (None, sha256_of(content)):
        stored = await files.take(file, announced)
        assert (stored.sha256, stored.media_type, stored.width, stored.height) == (
            sha256_of(content), "image/png", 320, 240,
        )  # fmt: skip
        kept = files.path_of(stored.stored_sha256).read_bytes()
        assert (sha256_of(kept), len(kept)) == (stored.stored_sha256, stored.size_bytes)
        assert stored.stored_sha256 != stored.sha256
    assert file.read_bytes() == content
    for announced, code in (("0" * 64, "damaged"), ("abc", "bad_evidence")):
        with pytest.raises(Problem, match=code):
            await files.take(file, announced)
    assert list(files.folder.glob("half-*")) == []
