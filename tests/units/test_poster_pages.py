"""Choosing counters and paper, and what comes out of the printer."""

import pypdfium2
import pytest
import zxingcpp


async def _codes_on(answer):
    """The codes that a foreign decoder reads from the pages of a PDF."""
    found = []
    for page in pypdfium2.PdfDocument(answer.content):
        (symbol, *_) = zxingcpp.read_barcodes(page.render(scale=1.5).to_pil())
        found.append(symbol.text.rpartition("/")[2])
    return found


async def test_it_prints_the_chosen_counters_one_page_each(sign_in, cast):
    chosen = [cast.code(), cast.code("a_hall")]
    answer = await (await sign_in("budi")).get("/staff/posters.pdf", kode=chosen)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="poster-dinas-kependudukan-a4.pdf"'
    assert sorted(await _codes_on(answer)) == sorted(chosen)


@pytest.mark.parametrize("paper", ["a4", "a5", "tent"])
async def test_it_prints_on_every_paper(sign_in, cast, paper):
    answer = await (await sign_in("budi")).get("/staff/posters.pdf", kode=cast.code(), kertas=paper)
    assert set(await _codes_on(answer)) == {cast.code()}
    assert f"-{paper}.pdf" in answer.headers["content-disposition"]


async def test_it_prints_all_that_the_filters_leave(sign_in, cast):
    ani = await sign_in("ani")
    all_of_a = await ani.get("/staff/posters.pdf", semua="1", unit="dinas-kependudukan", kertas="a5")
    assert len(await _codes_on(all_of_a)) == 5, "with the unit below it"
    assert 'filename="poster-5-loket-a5.pdf"' in all_of_a.headers["content-disposition"]
    melati = await ani.get("/staff/posters.pdf", semua="1", jenis="puskesmas")
    assert await _codes_on(melati) == [cast.code("b")]


async def test_an_officer_prints_nothing_of_others(sign_in, cast):
    answer = await (await sign_in("citra")).get("/staff/posters.pdf", kode=[cast.code(), cast.code("b")])
    assert await _codes_on(answer) == [cast.code("b")]
    answer = await (await sign_in("citra")).get("/staff/posters.pdf", semua="1")
    assert await _codes_on(answer) == [cast.code("b")]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [({}, "Pilih paling sedikit satu loket"), ({"semua": "1", "kertas": "a0"}, "Pilih ukuran kertas")],
)
async def test_it_says_what_to_choose(sign_in, query, sentence):
    answer = await (await sign_in("ani")).get("/staff/posters.pdf", **query)
    assert answer.status_code == 422
    assert sentence in answer.text


async def test_it_offers_counters_by_words_unit_and_kind(sign_in, cast):
    ani = await sign_in("ani")
    for query, shown in (
        ({"cari": "ktp mal"}, ["a_hall"]),
        ({"cari": cast.code("free").lower()}, ["free"]),
        ({"unit": "uptd-kependudukan-barat"}, ["below_a"]),
        ({"jenis": "puskesmas"}, ["b"]),
    ):
        page = (await ani.get("/staff/posters", **query)).text
        assert [name for name in cast.counters if f'value="{cast.code(name)}"' in page] == shown, query
    assert "Tidak ada loket yang cocok" in (await ani.get("/staff/posters", cari="warung")).text


async def test_it_ticks_all_when_asked(sign_in, cast):
    ani = await sign_in("ani")
    assert (await ani.get("/staff/posters")).text.count('name="kode"') == 6
    page = (await ani.get("/staff/posters", pilih="semua")).text
    assert page.count("checked> <span>Loket") == 6


async def test_it_leaves_out_counters_of_closed_units(sign_in, cast):
    ani = await sign_in("ani")
    await ani.post("/staff/units/puskesmas-melati/closure")
    assert cast.code("b") not in (await ani.get("/staff/posters")).text
