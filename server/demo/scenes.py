"""What the demo's inspectors photograph and what its units hand over: small pictures (PNG) and documents (PDF).

Each is made on the fly from where, by whom and when it is taken and what it shows, so that no two look alike. Nobody
is on a picture, and nothing on it exists.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from random import Random

WIDTH, HEIGHT = 480, 360

Box = tuple[int, int, int, int, int]
"""Left, top, right and bottom in hundredths of the picture, and the colour's place in the palette."""

WALL, FLOOR, WOOD, WHITE, DARK, SIGN, GREEN, METAL = range(8)

_PALETTE = (
    (214, 206, 190),
    (150, 148, 144),
    (136, 98, 62),
    (240, 240, 236),
    (58, 62, 66),
    (32, 92, 140),
    (74, 132, 84),
    (176, 184, 190),
)
"""As in daylight; each unit's walls and wood are a little different."""

_FRONT: tuple[Box, ...] = ((0, 0, 100, 68, WALL), (0, 68, 100, 100, FLOOR))

SCENES: dict[str, tuple[Box, ...]] = {
    "toilet": (
        *((8, 10, 40, 72, WOOD), (36, 40, 38, 44, METAL), (46, 8, 60, 18, SIGN), (62, 40, 92, 46, WHITE)),
        *((70, 46, 84, 54, WHITE), (66, 14, 88, 34, METAL), (60, 78, 80, 90, SIGN)),
    ),
    "parkir": (
        *((0, 0, 100, 45, METAL), (6, 18, 94, 24, DARK), (8, 24, 10, 70, DARK), (90, 24, 92, 70, DARK)),
        *((16, 56, 34, 70, SIGN), (42, 56, 60, 70, GREEN), (68, 56, 86, 70, WOOD), (12, 84, 88, 86, WHITE)),
    ),
    "ruang tunggu": (
        *((8, 12, 34, 40, METAL), (60, 10, 90, 34, DARK), (62, 12, 88, 32, SIGN)),
        *(
            box
            for left in (10, 30, 50, 70)
            for box in ((left, 54, left + 16, 64, SIGN), (left, 64, left + 16, 72, DARK))
        ),
    ),
    "loket": (
        *((0, 46, 100, 72, WOOD), (0, 44, 100, 47, WHITE), (10, 14, 44, 38, METAL), (56, 14, 90, 38, METAL)),
        *((18, 4, 36, 11, SIGN), (64, 4, 82, 11, SIGN), (24, 34, 34, 44, DARK), (70, 34, 80, 44, DARK)),
    ),
    "jalan landai": (
        *((56, 10, 84, 66, METAL), (68, 10, 70, 66, DARK)),
        *((left, 66 + (56 - left) // 3, left + 8, 100, WHITE) for left in (8, 16, 24, 32, 40, 48)),
        *((6, 52, 54, 54, DARK), (6, 54, 8, 84, DARK), (40, 54, 42, 72, DARK), (26, 16, 40, 30, SIGN)),
    ),
    "papan": (
        *((12, 8, 88, 62, WHITE), (12, 8, 88, 16, SIGN)),
        *((18, top, 46, top + 2, DARK) for top in (22, 28, 34, 40, 46, 52)),
        *((54, top, 82, top + 2, DARK) for top in (22, 28, 34, 40)),
        (54, 46, 70, 58, GREEN),
    ),
    "layar": (
        *((0, 0, 100, 100, WHITE), (0, 0, 100, 9, DARK), (0, 9, 100, 22, SIGN), (4, 12, 30, 19, WHITE)),
        *((6, 28, 62, 52, METAL), (68, 28, 94, 52, GREEN)),
        *((6, top, 94, top + 2, FLOOR) for top in (58, 64, 70, 76, 82, 88)),
    ),
}
"""What there is to see, drawn with boxes, the first at the back."""

_AT_SIGHT = (
    ("toilet", ("toilet",)),
    ("parkir", ("parkir",)),
    ("jalan landai", ("khusus", "rentan")),
    ("ruang tunggu", ("tunggu", "penunjang")),
    ("loket", ("front office", "loket", "antrian", "pengaduan", "petugas", "pelaksana")),
)


def scene_for(indicator: str) -> str:
    """What to photograph for an indicator of this name; a board where nothing else fits."""
    name = indicator.casefold()
    return next((scene for scene, words in _AT_SIGHT if any(word in name for word in words)), "papan")


def picture(scene: str, taken: str, *, is_mended: bool = False) -> bytes:
    """A PNG of a scene as it was `taken` (where, by whom, when); one that is mended has been painted anew."""
    random = Random(f"{taken}/{scene}/{is_mended}")  # noqa: S311
    light = 26 if is_mended else 0
    palette = bytes(
        min(255, max(0, channel + light + random.randrange(-22, 23)))
        for colour in _PALETTE
        for channel in colour
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", _pixels(_seen(scene, random))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def _seen(scene: str, random: Random) -> list[Box]:
    """The scene from where somebody stood, with what happened to stand about: no two photos are alike."""
    is_mirrored = random.random() < 0.5
    boxes = list(_FRONT)
    about = [
        (
            left,
            top,
            left + random.randrange(8, 26),
            top + random.randrange(10, 34),
            random.randrange(len(_PALETTE)),
        )
        for left, top in ((random.randrange(0, 90), random.randrange(0, 80)) for _ in range(14))
    ]
    for left, top, right, bottom, colour in (*about[3:], *SCENES[scene], *about[:3]):
        aside, down = random.randrange(-9, 10), random.randrange(-7, 8)
        first, last = sorted(min(100, max(0, side + aside)) for side in (left, right))
        if is_mirrored:
            first, last = 100 - last, 100 - first
        boxes.append((first, max(0, top + down), last, min(100, bottom + down), colour))
    return boxes


def _pixels(boxes: Sequence[Box]) -> bytes:
    """The compressed rows of a picture."""
    rows = [bytearray(WIDTH) for _ in range(HEIGHT)]
    for left, top, right, bottom, colour in boxes:
        first, last = left * WIDTH // 100, right * WIDTH // 100
        for row in rows[top * HEIGHT // 100 : bottom * HEIGHT // 100]:
            row[first:last] = bytes([colour]) * (last - first)
    return zlib.compress(b"".join(b"\0" + row for row in rows), 9)


def document(title: str, lines: Sequence[str]) -> bytes:
    """A PDF of one page."""
    text = "\n".join(
        f"BT /F {size} Tf 72 {780 - 24 * place} Td ({_escaped(line)}) Tj ET"
        for place, (line, size) in enumerate([(title, 16), *((line, 11) for line in lines)])
    ).encode("cp1252", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    return b"".join(_numbered(objects))


def _numbered(objects: Sequence[bytes]) -> Iterator[bytes]:
    """The objects of a PDF with the table that says where each begins."""
    yield (head := b"%PDF-1.4\n")
    place, places = len(head), []
    for number, body in enumerate(objects, 1):
        whole = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        places.append(place)
        place += len(whole)
        yield whole
    yield b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    yield from (b"%010d 00000 n \n" % at for at in places)
    yield b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, place)


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
