import ctypes
import hashlib
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from server.units.codes import new_code, readable
from server.units.posters import FONTS, Paper, Poster, posters_pdf
from server.units.qr import QUIET_ZONE, address, matrix, poster_level, short_address

PAPERS: dict[Paper, tuple[int, int]] = {"a4": (210, 297), "a5": (148, 210), "tent": (210, 297)}
"""Millimetres."""

LONG_UNIT = (
    'Unit Pelaksana Teknis Daerah Pusat Kesehatan Masyarakat "Śrī" #1 $x$ *Wates* _Udara_ @loka \\ <b> '
    "Añā/Çelik Kecamatan Ñusa"
)
POINTS_PER_MM = 72 / 25.4


def a_poster(
    number: int = 24_512_345, public_url: str = "https://loket.kota.go.id", **changes: object
) -> Poster:
    code = new_code(number)
    facts: dict[str, object] = {
        "code": code,
        "address": address(public_url, code),
        "short_address": short_address(public_url, code),
        "city": "Pemerintah Kota Arjuna",
        "unit": "Dinas Kependudukan dan Pencatatan Sipil",
        "counter": "Loket 3",
        "service": "Perekaman KTP elektronik",
        "issued_on": date(2026, 11, 22),
    }
    return Poster(**{**facts, **changes})  # type: ignore[arg-type]


def a_poster_with_long_names() -> Poster:
    assert len(LONG_UNIT) >= 120
    return a_poster(
        public_url="https://survei-pelayanan.kabupaten.go.id",
        city="Pemerintah Kabupaten Hulu Sungai Selatan, Provinsi Kalimantan Selatan",
        unit=LONG_UNIT,
        counter="Loket Pendaftaran dan Informasi Pasien Rawat Jalan Gedung B (lansia, ibu hamil, difabel)",
        service="Pendaftaran pasien umum, BPJS Kesehatan dan rujukan balik serta surat keterangan sehat",
        hall="Mal Pelayanan Publik Hulu Sungai Selatan, Gedung Serbaguna, Lantai Dasar",
    )


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        yield document


def printed(page: pypdfium2.PdfPage, dpi: int) -> Image.Image:
    """The page as a printer without colour puts it on paper."""
    return page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")


def text_of(page: pypdfium2.PdfPage) -> str:
    with closing(page.get_textpage()) as text:
        return re.sub(r"\s+", " ", text.get_text_bounded())


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


class Symbol:
    """A QR symbol measured on paper: its text, the millimetres of its square, the room around it."""

    def __init__(self, page: Image.Image, found: zxingcpp.Barcode, dpi: int) -> None:
        self.text = found.text
        self.modules = len(matrix(found.text, poster_level(found.text)))
        corners = [getattr(found.position, name) for name in ("top_left", "bottom_right")]
        (left, right), (top, bottom) = (sorted(getattr(corner, axis) for corner in corners) for axis in "xy")
        reach = 2 * (right - left) / self.modules
        near = tuple(round(edge) for edge in (left - reach, top - reach, right + reach, bottom + reach))
        dark = page.crop(near).point(lambda shade: 255 * (shade < 128)).getbbox()
        assert dark
        pixels = (near[0] + dark[0], near[1] + dark[1], near[0] + dark[2], near[1] + dark[3])
        self.left, self.top, self.right, self.bottom = (edge / dpi * 25.4 for edge in pixels)
        self.width_mm = self.right - self.left
        self.height_mm = self.bottom - self.top
        self.module_mm = self.width_mm / self.modules
        self.has_quiet_zone = is_white_around(page, pixels, QUIET_ZONE * self.module_mm / 25.4 * dpi)


def is_white_around(page: Image.Image, pixels: tuple[int, int, int, int], width: float) -> bool:
    """Whether a frame of that width around the square is pure white, but for softened pixels at its edges."""
    left, top, right, bottom = pixels
    room = int(width) - 1
    frame = page.crop((left - room, top - room, right + room, bottom + room))
    frame.paste(255, (room - 1, room - 1, frame.width - room + 1, frame.height - room + 1))
    return frame.getextrema() == (255, 255)


def symbols_on(page: pypdfium2.PdfPage, dpi: int = 200) -> list[Symbol]:
    image = printed(page, dpi)
    return [Symbol(image, found, dpi) for found in zxingcpp.read_barcodes(image)]


def decoded_from_afar(page: pypdfium2.PdfPage) -> list[str]:
    """What a foreign decoder reads from a small, blurred picture of the page."""
    image = printed(page, 150)
    far = image.resize((image.width // 2, image.height // 2)).filter(ImageFilter.GaussianBlur(1))
    return [found.text for found in zxingcpp.read_barcodes(far, formats=zxingcpp.BarcodeFormat.QRCode)]


def test_two_hundred_codes_are_read_from_a_small_and_blurred_print() -> None:
    posters = [a_poster(number * 7_919, counter=f"Loket {number}") for number in range(200)]
    with opened(posters_pdf(posters, "a4")) as document:
        assert [decoded_from_afar(page) for page in document] == [[poster.address] for poster in posters]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("poster", [a_poster(), a_poster_with_long_names()], ids=["plain", "long names"])
def test_every_paper_is_read_from_a_small_and_blurred_print(paper: Paper, poster: Poster) -> None:
    faces = 2 if paper == "tent" else 1
    with opened(posters_pdf([poster], paper)) as document:
        assert decoded_from_afar(document[0]) == [poster.address] * faces


@pytest.mark.parametrize(("paper", "millimetres"), PAPERS.items())
def test_a_page_is_a_sheet_of_paper_and_a_counter_is_a_page(
    paper: Paper, millimetres: tuple[int, int]
) -> None:
    with opened(posters_pdf([a_poster(1), a_poster_with_long_names(), a_poster(2)], paper)) as document:
        assert len(document) == 3
        for page in document:
            assert page.get_size() == pytest.approx([side * POINTS_PER_MM for side in millimetres], abs=0.1)


@pytest.mark.parametrize(
    ("paper", "poster", "width_mm", "module_mm"),
    [
        ("a4", a_poster(), 110, 3.4),  # read from 1.1 m
        ("a4", a_poster_with_long_names(), 95, 2.8),
        ("a5", a_poster(), 75, 2.2),
        ("a5", a_poster_with_long_names(), 65, 1.9),
        ("tent", a_poster(), 62, 1.9),
        ("tent", a_poster_with_long_names(), 60, 1.8),
    ],
)
def test_the_symbol_is_a_tenth_of_the_reading_distance_wide_and_has_its_quiet_zone(
    paper: Paper, poster: Poster, width_mm: float, module_mm: float
) -> None:
    with opened(posters_pdf([poster], paper)) as document:
        symbols = symbols_on(document[0])
    assert len(symbols) == (2 if paper == "tent" else 1)
    for symbol in symbols:
        assert symbol.width_mm >= width_mm
        assert symbol.height_mm == pytest.approx(symbol.width_mm, abs=0.3)
        assert symbol.module_mm >= module_mm
        assert symbol.has_quiet_zone


@pytest.mark.parametrize(("paper", "millimetres"), PAPERS.items())
@pytest.mark.parametrize("poster", [a_poster(), a_poster_with_long_names()], ids=["plain", "long names"])
def test_nothing_is_printed_where_printers_cannot_reach(
    paper: Paper, millimetres: tuple[int, int], poster: Poster
) -> None:
    with opened(posters_pdf([poster], paper)) as document:
        ink = printed(document[0], 100).point(lambda shade: 255 - shade).getbbox()
    assert ink
    left, top, right, bottom = (edge / 100 * 25.4 for edge in ink)
    assert min(left, top, millimetres[0] - right, millimetres[1] - bottom) >= 9.7


@pytest.mark.parametrize("paper", PAPERS)
def test_long_names_wrap_and_keep_off_the_symbol(paper: Paper) -> None:
    poster = a_poster_with_long_names()
    with opened(posters_pdf([poster], paper)) as document:
        page = document[0]
        for symbol in symbols_on(page):
            assert letters_within(page, symbol) == ""
        text = squeezed(text_of(page))
    for name in (poster.city, poster.unit, poster.counter, poster.service, poster.hall):
        assert squeezed(str(name)) in text


def letters_within(page: pypdfium2.PdfPage, symbol: Symbol) -> str:
    """The letters that touch the symbol or its quiet zone: hidden under it, perhaps."""
    room = QUIET_ZONE * symbol.module_mm - 0.2
    inside = []
    with closing(page.get_textpage()) as text:
        for index in range(text.count_chars()):
            left, bottom, right, top = (edge / POINTS_PER_MM for edge in text.get_charbox(index))
            highest, lowest = (
                page.get_height() / POINTS_PER_MM - top,
                page.get_height() / POINTS_PER_MM - bottom,
            )
            if (
                right > symbol.left - room
                and left < symbol.right + room
                and lowest > symbol.top - room
                and highest < symbol.bottom + room
            ):
                inside.append(text.get_text_range(index, 1))
    return "".join(inside).strip()


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        "#sys.inputs",
        "$ x^2 $",
        "*tebal* _miring_ `kode`",
        "= Judul",
        "- butir",
        "\\ # @loka <tanda>",
        "// bukan komentar",
        "https://contoh.go.id",
        "“Rukun” ‘Warga’ 'a' \"b\" -- ---",
    ],
)
def test_a_name_is_never_markup(name: str) -> None:
    poster = a_poster(unit=name, counter=name, service=name, hall=name, city=name)
    with opened(posters_pdf([poster], "a4")) as document:
        assert text_of(document[0]).count(name) == 5


def test_a_poster_says_where_it_hangs_and_how_to_answer() -> None:
    poster = a_poster(hall="Mal Pelayanan Publik Arjuna")
    with opened(posters_pdf([poster], "a5")) as document:
        text = text_of(document[0])
    for words in (
        "Pemerintah Kota Arjuna",
        "Dinas Kependudukan dan Pencatatan Sipil",
        "Loket 3 · Perekaman KTP elektronik",
        "di Mal Pelayanan Publik Arjuna",
        "Bagaimana pelayanan kami hari ini?",
        "How was our service today?",
        "Jawab 9 pertanyaan",
        "Tanpa nama, tanpa NIK.",
    ):
        assert words in text
    assert poster.short_address in squeezed(text)


def test_a_survey_without_the_cost_asks_eight_questions() -> None:
    with opened(posters_pdf([a_poster(questions=8)], "a4")) as document:
        assert "Jawab 8 pertanyaan" in text_of(document[0])


def test_a_revoked_poster_can_be_found_by_its_code_and_date() -> None:
    poster = a_poster()
    with opened(posters_pdf([poster], "a4")) as document:
        assert f"Poster {readable(poster.code)}, terbit 22 November 2026" in text_of(document[0])


def test_a_name_in_a_script_without_a_font_still_gets_a_poster() -> None:
    poster = a_poster(hall="漢字 ꦗꦮ 😀")
    with opened(posters_pdf([poster], "a4")) as document:
        assert decoded_from_afar(document[0]) == [poster.address]


def test_the_same_posters_give_the_same_bytes() -> None:
    assert posters_pdf([a_poster()], "tent") == posters_pdf([a_poster()], "tent")


@pytest.mark.parametrize("paper", PAPERS)
def test_a_screen_reader_learns_title_language_and_what_the_picture_is(paper: Paper) -> None:
    poster = a_poster()
    pdf = posters_pdf([poster], paper)
    with opened(pdf) as document:
        assert document.get_metadata_value("Title") == (
            "Poster survei: Loket 3, Dinas Kependudukan dan Pencatatan Sipil"
        )
        language = (ctypes.c_ushort * 8)()
        pdfium.FPDFCatalog_GetLanguage(document, language, ctypes.sizeof(language))
        assert bytes(language).decode("utf-16-le").rstrip("\0") == "id"
        assert [entry.get_title() for entry in document.get_toc()] == [
            "Dinas Kependudukan dan Pencatatan Sipil Loket 3 · Perekaman KTP elektronik"
        ]
        assert pictures_described_on(document[0]) == [
            "Kode QR menuju survei Loket 3, Dinas Kependudukan dan Pencatatan Sipil: " + poster.short_address
        ]
    assert b"<pdfuaid:part>1" in pdf


def pictures_described_on(page: pypdfium2.PdfPage) -> list[str]:
    """The alternative texts in the order in which they are read."""
    found = []

    def read(element: object) -> None:
        text = (ctypes.c_ushort * 300)()
        if pdfium.FPDF_StructElement_GetAltText(element, text, ctypes.sizeof(text)) > 2:
            found.append(bytes(text).decode("utf-16-le").rstrip("\0"))
        for index in range(pdfium.FPDF_StructElement_CountChildren(element)):
            if child := pdfium.FPDF_StructElement_GetChildAtIndex(element, index):
                read(child)

    tree = pdfium.FPDF_StructTree_GetForPage(page)
    for index in range(pdfium.FPDF_StructTree_CountChildren(tree)):
        read(pdfium.FPDF_StructTree_GetChildAtIndex(tree, index))
    pdfium.FPDF_StructTree_Close(tree)
    return found


@pytest.mark.parametrize(
    ("city", "more"),
    [("Kota Arjuna", set()), ("Kota Arjuṇa", {"LibertinusSerif-Bold"}), ("Kota 漢字 ꦗꦮ", set())],
)
def test_every_machine_prints_with_the_same_fonts(city: str, more: set[str]) -> None:
    vendored = {"AtkinsonHyperlegibleNext-Regular", "AtkinsonHyperlegibleNext-Bold"}
    with opened(posters_pdf([a_poster(city=city)], "a4")) as document:
        assert fonts_of(document[0]) == vendored | more


def fonts_of(page: pypdfium2.PdfPage) -> set[str]:
    names = set()
    for thing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=9):
        name = ctypes.create_string_buffer(100)
        pdfium.FPDFFont_GetBaseFontName(pdfium.FPDFTextObj_GetFont(thing), name, 100)
        names.add(name.value.decode().split("+")[-1])
    return names


def test_the_vendored_fonts_are_those_of_the_readme() -> None:
    readme = (FONTS / "README.md").read_text()
    files = [file for file in FONTS.iterdir() if file.name != "README.md"]
    assert len(files) == 3
    for file in files:
        assert f"| {file.name} | {hashlib.sha256(file.read_bytes()).hexdigest()} |" in readme
