"""What the search box finds."""

from server.scorecards.search import Listed, ListedService, search

DINAS = Listed(1, "dinas-kependudukan", "Dinas Kependudukan", "Dinas", None)
MELATI = Listed(2, "puskesmas-melati", "Puskesmas Melati", "Puskesmas", None)
RSUD = Listed(3, "rsud", "RSUD Tirta", "RSUD", None)
UNITS = [DINAS, MELATI, RSUD]
KTP = ListedService("ktp", "KTP elektronik", 1)
AKTA = ListedService("akta", "Akta kelahiran", 1)
POLI_MELATI = ListedService("poli-umum", "Poli umum", 2)
POLI_RSUD = ListedService("poli-umum", "Poli umum", 3)
SERVICES = [KTP, AKTA, POLI_MELATI, POLI_RSUD]


def found(words: str) -> list[tuple[str, list[str]]]:
    return [
        (hit.unit.slug, [service.slug for service in hit.services]) for hit in search(words, UNITS, SERVICES)
    ]


def test_it_finds_a_unit_by_part_of_its_name_in_any_case() -> None:
    assert found("KEPENDUDUK") == [("dinas-kependudukan", [])]


def test_it_finds_a_service_with_the_unit_that_gives_it() -> None:
    assert found("ktp") == [("dinas-kependudukan", ["ktp"])]


def test_it_finds_a_service_by_words_of_the_service_and_its_unit() -> None:
    assert found("poli melati") == [("puskesmas-melati", ["poli-umum"])]


def test_every_word_must_be_found() -> None:
    assert found("ktp melati") == []


def test_a_unit_found_by_its_kind_does_not_list_all_its_services() -> None:
    assert found("dinas") == [("dinas-kependudukan", [])]


def test_units_named_so_come_before_units_that_offer_it() -> None:
    units = [RSUD, Listed(9, "poli-keliling", "Poli Keliling", "Lainnya", None)]
    assert [hit.unit.slug for hit in search("poli", units, SERVICES)] == ["poli-keliling", "rsud"]


def test_nothing_asked_finds_nothing() -> None:
    assert found("   ") == []
