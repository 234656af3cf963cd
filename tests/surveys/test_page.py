"""The citizen's pages as bytes: light, whole without a script, strict about what may run, and safe with any text."""

import base64
import gzip
import hashlib
import re
import zlib
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import texts
from server.skm.rules import ELEMENTS
from server.surveys.page import Message, Mistake, Pages, Published, Receipt, Survey, document

HEADERS = 600
"""What status line and headers of the response weigh, the policy included; measured 560 to 590."""
LIMIT = 8 * 1024

ID = "01933b5e-7c1a-7d30-8a2b-5f4f5c6d7e8f"
TOKEN = "q6921f0aa.4qzV0l8mR2Xc.PqB3nZk0yT7uWs1dLfGa"

SURVEY = Survey(
    code="K7M2QX",
    unit="Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu",
    unit_slug="dpmptsp",
    counter="Loket 12 Perizinan Usaha",
    public_service="Perizinan Berusaha Berbasis Risiko",
    hall="Mal Pelayanan Publik",
)

PAGES = Pages(
    lambda name: (texts.WEB / "survey" / name).read_text("utf-8"), texts.translator, texts.formatters
)

RECEIPT = Receipt(
    id=ID,
    received_at=datetime(2026, 11, 22, 2, 14, tzinfo=UTC),
    zone="Asia/Jakarta",
    day=date(2026, 11, 22),
    published=Published(Decimal("87.28"), "B", "Baik", 1340),
    complaint="Sampaikan kepada petugas pengaduan di lantai 1.",
    complaint_phone="0811 2222 333",
)

both_languages = pytest.mark.parametrize("language", ["id", "en"])


def page(language: str = "id", **changes: object) -> str:
    survey = msgspec.structs.replace(SURVEY, **changes)
    return PAGES.document(survey, language).plain(ID, TOKEN).decode()


# --- weight ---


@both_languages
def test_the_whole_first_response_fits_in_eight_kilobytes(language: str) -> None:
    assert len(PAGES.document(SURVEY, language).gzip(ID, TOKEN)) + HEADERS <= LIMIT


@both_languages
def test_it_fits_even_with_two_dozen_services_to_choose_from(language: str) -> None:
    offered = tuple(
        (name.lower().replace(" ", "-"), name)
        for kind in ("Penerbitan", "Perubahan", "Pencabutan", "Legalisasi")
        for name in (
            f"{kind} {what}" for what in ("Akta Lahir", "Kartu Keluarga", "KTP", "KIA", "Pindah", "SKTT")
        )
    )
    survey = msgspec.structs.replace(SURVEY, public_service=None, public_services=offered)
    assert len(PAGES.document(survey, language).gzip(ID, TOKEN)) + HEADERS <= LIMIT


@both_languages
def test_the_kiosk_weighs_at_most_twenty_kilobytes(language: str) -> None:
    assert len(PAGES.kiosk(SURVEY, language).gzip(ID, TOKEN)) <= 20 * 1024


# --- one stream made of three runs ---


@given(st.binary(max_size=3000), st.binary(max_size=300), st.text(max_size=120), st.text(max_size=120))
def test_what_is_unpacked_is_the_plain_page(
    before: bytes, after: bytes, response_id: str, token: str
) -> None:
    made = document(before, after, "")
    packed = made.gzip(response_id, token)
    assert gzip.decompress(packed) == made.plain(response_id, token)


def test_the_stream_is_one_member_that_ends_where_it_says() -> None:
    packed = PAGES.document(SURVEY, "id").gzip(ID, TOKEN)
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    plain = b"".join(reader.decompress(packed[place : place + 7]) for place in range(0, len(packed), 7))
    assert reader.eof and not reader.unused_data
    assert plain == PAGES.document(SURVEY, "id").plain(ID, TOKEN)


def test_only_id_and_token_differ_from_view_to_view() -> None:
    made = PAGES.document(SURVEY, "id")
    one, other = made.plain(ID, TOKEN).decode(), made.plain("another", "word").decode()
    assert one.replace(ID, "another").replace(TOKEN, "word") == other
    assert f'name=id value="{ID}"' in one and f'name=token value="{TOKEN}"' in one


# --- what may run and what cannot break out ---


@both_languages
@pytest.mark.parametrize("kind", ["document", "kiosk"])
def test_the_policy_allows_exactly_the_style_and_the_script_of_the_page(kind: str, language: str) -> None:
    made = getattr(PAGES, kind)(SURVEY, language)
    html = made.plain(ID, TOKEN).decode()
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        expected = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{expected}'" in made.csp
    assert made.csp.startswith("default-src 'none'; ")
    assert "unsafe" not in made.csp


def test_the_page_loads_nothing_and_sets_nothing() -> None:
    html = page()
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", html)
    assert "document.cookie" not in html
    assert '<link rel=icon href="data:,">' in html


def test_no_text_can_break_out_of_its_place() -> None:
    bad = "</script><script>alert(1)</script>\"'&"
    html = page(unit=bad, counter=bad, hall=bad, code=bad, public_service=None, public_services=((bad, bad),))
    assert "<script>alert" not in html
    again = PAGES.form_again(SURVEY, "id", {"comment": bad, "age": bad}, [Mistake(None, bad)], bad, bad)
    assert b"<script>alert" not in again.body
    said = PAGES.message(Message(title=bad, text=bad, code=bad), "id")
    assert b"<script>alert" not in said.body


# --- the form ---


@both_languages
def test_a_browser_without_script_gets_the_whole_form(language: str) -> None:
    html = page(language, public_service=None, public_services=(("ktp", "KTP"),))
    assert '<form id=form method=post action="/s/K7M2QX"' in html
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="?(\w+)', html))
    profile = {"age", "sex", "education", "occupation", "disability"}
    assert names == {*ELEMENTS, *profile, "service", "comment", "lang", "id", "token"}
    hidden = re.findall(r"<(\w+) id=(\w+)[^>]* hidden", html)
    assert hidden == [("section", "kept"), ("section", "summary"), ("p", "progress")]


@both_languages
def test_the_page_names_the_place_and_its_language(language: str) -> None:
    html = page(language)
    assert f'<html lang="{language}" dir="ltr">' in html
    for name in (SURVEY.unit, SURVEY.counter, SURVEY.public_service, SURVEY.hall):
        assert str(name) in html


def test_the_translation_says_that_it_is_not_official() -> None:
    assert "not official" in page("en")


def test_a_service_without_cost_is_not_asked_about_cost() -> None:
    html = page(asks_cost=False)
    assert 'name="biaya"' not in html
    assert "8 pertanyaan" in html and "{n} dari 8" in html
    assert '"elements": ["persyaratan", "prosedur", "waktu", "biaya"' in html, (
        "it is sent as null, not left out"
    )


def test_a_fixed_service_is_not_asked_for() -> None:
    assert "<select id=" in page() and 'name="service"' not in page()


@both_languages
def test_the_form_comes_back_with_every_answer_and_every_mistake(language: str) -> None:
    values = {"waktu": "4", "age": "300", "sex": "P", "comment": "Antre <lama>"}
    mistakes = [
        Mistake("biaya", "Belum dijawab."),
        Mistake("age", "Usia 1-120."),
        Mistake(None, "Coba lagi."),
    ]
    again = PAGES.form_again(SURVEY, language, values, mistakes, ID, TOKEN)
    html = again.body.decode()
    assert re.search(r'name="waktu" value=4 checked', html) and html.count(" checked") == 1
    assert 'type=number min=1 max=120 value="300" aria-describedby="age-error"' in html
    assert '<option value="P" selected>' in html
    assert "Antre &lt;lama&gt;</textarea>" in html
    assert '<li><a href="#biaya">4. ' in html and '<li><a href="#age">' in html and "<li>Coba lagi." in html
    assert '<p class=error id="biaya-error">Belum dijawab.</p>' in html
    assert "<details class=card open>" in html
    assert not re.search("<section id=summary[^>]* hidden", html)
    assert f'name=id value="{ID}"' in html


def test_a_form_that_comes_back_has_the_same_policy_as_the_first() -> None:
    again = PAGES.form_again(SURVEY, "id", {}, [Mistake("biaya", "Belum dijawab.")], ID, TOKEN)
    assert again.csp == PAGES.document(SURVEY, "id").csp


# --- what became of it ---


def told(language: str = "id", **changes: object) -> str:
    return PAGES.receipt(SURVEY, msgspec.structs.replace(RECEIPT, **changes), language).body.decode()


def test_the_receipt_says_when_it_arrived_and_where_it_counts() -> None:
    html = told()
    assert "Terima kasih. Jawaban Anda sudah kami terima." in html
    assert (
        "Diterima server 22 November 2026, 09.14 WIB dan dihitung dalam indeks Dinas Penanaman Modal" in html
    )
    assert "5F4F5C6D7E8F" in html


def test_the_receipt_shows_the_published_index_with_its_number_of_respondents() -> None:
    html = told()
    assert "<b>87,28</b> B, Baik" in html and "dari 1.340 responden" in html
    assert 'href="/unit/dpmptsp"' in html
    assert "<b>87.28</b>" in told("en") and "1,340 respondents" in told("en")


def test_the_receipt_tells_openly_that_an_answer_does_not_count() -> None:
    html = told(excluded_by="R2", exclusion_reason="Terlalu cepat.")
    assert "tidak ikut dihitung" in html and "aturan R2: Terlalu cepat." in html
    assert "dan dihitung dalam indeks" not in html


def test_a_unit_without_a_published_index_has_no_figure() -> None:
    html = told(published=None)
    assert "belum diumumkan" in html and "class=figure" not in html


def test_the_receipt_says_how_to_complain() -> None:
    assert 'href="tel:08112222333"' in told() and "petugas pengaduan di lantai 1" in told()
    assert "Ingin mengadu?" not in told(complaint=None, complaint_phone=None)


def test_pages_without_a_script_allow_none() -> None:
    assert "script-src" not in PAGES.receipt(SURVEY, RECEIPT, "id").csp


def test_a_message_lets_the_code_be_typed_again() -> None:
    message = Message(title="Kode loket tidak dikenal", text="Periksa lagi hurufnya.", code="K7M2Q")
    html = PAGES.message(message, "id").body.decode()
    assert "<h2>Kode loket tidak dikenal</h2>" in html and "Periksa lagi hurufnya." in html
    assert 'action="/s/" method=get' in html and 'value="K7M2Q"' in html
    shut = msgspec.structs.replace(message, asks_code=False)
    assert "<form" not in PAGES.message(shut, "id").body.decode()
