"""The first page after signing in, for each of the cast."""

from sqlalchemy import text

from server.skm.rules import ELEMENTS
from server.units import storage

GOOD = dict.fromkeys(ELEMENTS, 4)
WEAK = {**dict.fromkeys(ELEMENTS, 4), "sarana": 1}


async def _answers(dewi, code, answer, count):
    for _ in range(count):
        assert (await dewi.answer(code, answer)).status_code == 201


def _rows(page):
    """The units of the table of those that need somebody, in its order, each with its row's text."""
    table = page.split('id="needing"', 1)[1].split("</table>", 1)[0]
    return [row for row in table.split("<tr")[2:]]


async def test_the_bureau_sees_who_needs_it_most_with_reasons_in_words(sign_in, cast, dewi, clock, database):
    await _answers(dewi, cast.code("b"), GOOD, 3)
    page = (await (await sign_in("gita")).get("/staff")).text
    rows = _rows(page)
    assert "3 dari 4 unit</b> perlu segera dilihat." in page
    assert "3 jawaban dihitung" in page
    # the mall has no counter of its own, so nobody can answer there
    assert "Mal Pelayanan Publik" in rows[0] and "Belum punya loket" in rows[0]
    assert "Dinas Kependudukan" in rows[1] and "Belum ada jawaban" in rows[1]
    assert "Puskesmas Melati" in rows[3]
    assert "Baru 3 dari 258 responden yang seharusnya sudah terkumpul tahun ini." in rows[3]


async def test_a_weak_element_puts_a_unit_above_one_that_lacks_respondents(
    sign_in, cast, dewi, database, app
):
    async with database.writing() as session:
        for slug in ("mal-pelayanan-publik", "uptd-kependudukan-barat"):
            (await storage.unit_by_slug(session, slug)).closed_at = app.state.clock()
        (await storage.unit_by_slug(session, "dinas-kependudukan")).yearly_users = 31
    await _answers(dewi, cast.code(), WEAK, 30)
    await _answers(dewi, cast.code("b"), GOOD, 30)
    page = (await (await sign_in("gita")).get("/staff")).text
    first, second = _rows(page)
    assert "Dinas Kependudukan" in first and "Sarana hanya 1,000 (D)." in first
    assert "Puskesmas Melati" in second and ">100,00<" in second


async def test_a_unit_that_does_well_is_out_of_the_way(sign_in, cast, dewi, database):
    async with database.writing() as session:
        (await storage.unit_by_slug(session, "puskesmas-melati")).yearly_users = 3
    await _answers(dewi, cast.code("b"), GOOD, 3)
    page = (await (await sign_in("ani")).get("/staff")).text
    assert "3 dari 4 unit</b> perlu segera dilihat." in page
    assert "1 unit tanpa catatan" in page
    assert not any("Puskesmas Melati" in row for row in _rows(page))


async def test_a_fall_is_told_between_quarters(sign_in, cast, dewi, clock):
    clock.forward(days=-60)
    await _answers(dewi, cast.code("b"), GOOD, 30)
    clock.forward(days=60)
    await _answers(dewi, cast.code("b"), 3, 30)
    gita = await sign_in("gita")
    page = (await gita.get("/staff")).text
    assert "Indeks turun 25,00 dari triwulan sebelumnya." in page
    before = (await gita.get("/staff", periode="2026-Q3")).text
    assert "Ringkasan Triwulan III 2026" in before and "turun" not in "".join(_rows(before))


async def test_an_officer_reads_the_sentence_first(sign_in, cast, dewi):
    await _answers(dewi, cast.code(), WEAK, 2)
    page = (await (await sign_in("budi")).get("/staff")).text
    assert "91,67 (A, Sangat baik)" in page
    assert "dari 2 responden pada Triwulan IV 2026" in page
    assert "Sarana 1,00" in page
    assert "2 dari 291 yang diperlukan; masih kurang 289." in page
    assert '<progress class="meter" value="2" max="291"' in page
    assert "UPTD Kependudukan Barat" in page
    assert "Puskesmas Melati" not in page


async def test_an_officer_without_answers_learns_the_next_step(sign_in):
    page = (await (await sign_in("citra")).get("/staff")).text
    assert "Belum ada responden pada Triwulan IV 2026." in page
    assert 'href="/staff/posters">Cetak poster' in page


async def test_an_officer_of_a_unit_without_users_is_told_what_is_missing(sign_in, cast, dewi, database):
    async with database.writing() as session:
        (await storage.unit_by_slug(session, "puskesmas-melati")).yearly_users = None
    await _answers(dewi, cast.code("b"), GOOD, 1)
    page = (await (await sign_in("citra")).get("/staff")).text
    assert "jumlah pengguna layanan setahun belum diisi" in page


async def test_an_inspector_finds_units_and_no_answers(sign_in, cast, dewi):
    await _answers(dewi, cast.code(), WEAK, 2)
    page = (await (await sign_in("eka")).get("/staff")).text
    assert 'href="/unit/puskesmas-melati"' in page
    assert "IKM" not in page and "responden" not in page


async def test_an_empty_city_says_how_to_begin(sign_in, database):
    ani = await sign_in("ani")
    async with database.writing() as session:
        await session.execute(text("DELETE FROM counters"))
        await session.execute(text("DELETE FROM public_services"))
        await session.execute(text("UPDATE people SET unit_id = NULL"))
        await session.execute(text("DELETE FROM units WHERE parent_id IS NOT NULL"))
        await session.execute(text("DELETE FROM units"))
    page = (await ani.get("/staff")).text
    assert "Belum ada unit" in page and "/staff/units/import" in page
