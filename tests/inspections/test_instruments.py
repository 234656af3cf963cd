"""The instruments that come with Loket say what the law and the forms say; numbers typed by hand."""

import hashlib
from datetime import date
from decimal import Decimal

import pytest

from server.inspections.check import read
from server.inspections.instrument import Count, Indicator, Instrument, Ladder, Level, Months, Percent
from server.inspections.national import FOLDER, NAMES, content_of, nationals

pytestmark = pytest.mark.pure

PINNED = {
    "pekppp-2022": "407ff4111a0bde0c7175bcb4409bd40be9c0612483414a579c143434abb113d0",
    "pekppp-2022-b": "99c10f313d69aa674c66f4e176fc97b03a3afd177a5933eaddf37ddda7dcfb73",
    "pekppp-2017": "6f5ce694678e7497a984c6d22100f22a6b857e71c9d17dac960390f8039c8716",
    "ombudsman-2022": "556c75c5990569492d59db518e8098b97afb8f91535896efb1ca76f10da86736",
    "ombudsman-classic": "e2d79cd022e1efcffedd80f2a703f9e4cc4bce5cab822cdfb302dae52dad7bf4",
    "sampang-2018": "1d9211bb8c0426c8ea5075fd2e4c90cb37f7ab3efd094eec6c25d42cd40c0fcd",
}
"""A published version is never edited: scores of closed periods point to it. What changes gets a version of its own."""


def instrument(address: str) -> Instrument:
    return nationals()[address]


def indicator(address: str, key: str) -> Indicator:
    found = instrument(address).indicator(key)
    assert found is not None
    return found


def keys(address: str) -> list[str]:
    return [one.key for _, one in instrument(address).indicators]


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def weights(address: str, part: str) -> list[str]:
    (found,) = [one for one in instrument(address).parts if one.code == part]
    return [str(one.weight) for one in found.indicators]


@pytest.mark.parametrize("name", NAMES)
def test_every_file_passes_the_check_and_is_called_by_its_address(name: str) -> None:
    assert read(content_of(name)).id == name


@pytest.mark.parametrize("name", NAMES)
def test_a_published_version_is_never_edited(name: str) -> None:
    assert hashlib.sha256(content_of(name)).hexdigest() == PINNED[name]


def test_every_file_is_listed_in_the_order_people_look_for_them() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(NAMES) == set(PINNED)
    assert list(nationals()) == [
        *("pekppp/2022", "pekppp/2022-b", "pekppp/2017"),
        *("ombudsman/2022", "ombudsman/classic", "sampang/2018"),
    ]


def test_the_national_ones_are_never_renormalised() -> None:
    assert not any(one.renormalise for one in nationals().values())
    assert {one.convention for one in nationals().values()} == {"exact"}


# ── PEKPPP, PermenPANRB 29/2022 ──


def test_pekppp_2022_has_thirty_indicators_and_the_queue() -> None:
    assert keys("pekppp/2022") == numbers(1, 31)
    parts = instrument("pekppp/2022").parts
    assert [(one.code, str(one.weight), len(one.indicators)) for one in parts] == [
        *(("a", "24", 9), ("b", "25", 5), ("c", "18", 6), ("d", "11", 4), ("e", "10", 4), ("f", "12", 2)),
        ("inf", "0", 1),
    ]
    queue = indicator("pekppp/2022", "31")
    assert (queue.is_optional, queue.weight, queue.code) == (True, 0, "INF")
    assert "Petugas pemandu" in queue.hints


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("a", "17 14 7 14 10 17 7 7 7"),
        ("b", "10 20 20 20 30"),
        ("c", "15 23 20 20 11 11"),
        ("d", "30 20 20 30"),
        ("e", "20 25 25 30"),
        ("f", "50 50"),
    ],
)
def test_pekppp_2022_weighs_its_indicators_as_published(part: str, expected: str) -> None:
    assert weights("pekppp/2022", part) == expected.split()


def test_pekppp_2022_counts_what_the_form_lists() -> None:
    parking = indicator("pekppp/2022", "15")
    assert (parking.code, parking.name) == (
        "15.c.K",
        "Tersedia tempat parkir dengan fasilitas pendukung yang memadai",
    )
    assert isinstance(parking.scoring, Count)
    assert len(parking.scoring.items) == 8
    assert parking.scoring.least == {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
    vulnerable = indicator("pekppp/2022", "18").scoring
    assert isinstance(vulnerable, Count)
    assert len(vulnerable.items) == 14
    assert vulnerable.least == {1: 1, 2: 4, 3: 7, 4: 10, 5: 13}
    toilet = indicator("pekppp/2022", "17").scoring
    assert isinstance(toilet, Count)
    assert [item.text for item in toilet.items][:2] == [
        "Toilet pria dan wanita terpisah",
        "Wastafel dengan kran berfungsi",
    ]


@pytest.mark.parametrize(("key", "items", "required"), [("10", 5, 1), ("11", 4, 1), ("16", 7, 2)])
def test_mandatory_items_missing_score_nothing_and_that_is_doubted(
    key: str, items: int, required: int
) -> None:
    found = indicator("pekppp/2022", key)
    assert isinstance(found.scoring, Count)
    assert (len(found.scoring.items), len(found.scoring.required)) == (items, required)
    assert found.scoring.without_required == 0
    assert found.scoring.least == {1: 0, 2: 1, 3: 2, 4: 3, 5: 4}
    assert found.doubts["without_required"] == "low"


def test_the_follow_up_of_the_survey_is_measured_in_percent_and_months() -> None:
    done = indicator("pekppp/2022", "8").scoring
    assert isinstance(done, Percent)
    assert [(one.level, one.at_least, one.above) for one in done.steps] == [
        *((1, 0, None), (2, None, 0), (3, 30, None), (4, None, 80), (5, 100, None)),
    ]
    assert done.without_plan == 0
    speed = indicator("pekppp/2022", "9")
    assert isinstance(speed.scoring, Months)
    assert speed.scoring.within == {5: 1, 4: 3, 3: 6, 2: 9, 1: 12}
    assert (speed.scoring.later, speed.doubts["later"]) == (0, "low")


def test_the_complaints_ladder_keeps_its_words_and_its_period() -> None:
    complaints = indicator("pekppp/2022", "28")
    assert isinstance(complaints.scoring, Ladder)
    assert complaints.scoring.levels[4] == "50-90% via SP4N-LAPOR!"
    assert complaints.hints == ("Januari-Desember tahun lalu",)


def test_pekppp_2022_asks_users_fourteen_statements_of_five_aspects() -> None:
    users = instrument("pekppp/2022").users
    assert users is not None
    assert "".join(one.part for one in users.questions) == "aaaabbbccccdde"
    assert [one.key for one in users.questions] == numbers(1, 14)
    assert users.questions[9].text == "Sarana toilet khusus pengguna layanan bersih dan memadai"
    assert (users.aggregation, users.least, users.most) == ("part_means", 10, 20)


@pytest.mark.parametrize("address", ["pekppp/2022", "pekppp/2022-b"])
def test_the_index_is_three_quarters_of_the_evaluators(address: str) -> None:
    shares = instrument(address).combination
    assert shares is not None
    assert (shares.f02, shares.f03, shares.without_f03) == (Decimal("0.75"), Decimal("0.25"), "incomplete")
    assert instrument(address).conversion == 20


PHOTOGRAPHED = {"3", "5", "7", "10", "14", "15", "16", "17", "18", "19", "20", "21", "25", "26", "31"}


def test_what_must_be_seen_on_site_asks_for_a_picture_above_zero() -> None:
    on_site = {one.key for _, one in instrument("pekppp/2022").indicators if one.is_on_site}
    assert on_site == PHOTOGRAPHED
    for key in on_site:
        rule = indicator("pekppp/2022", key).evidence_rule
        assert rule is not None
        assert set(rule.kinds) <= {"photo", "video", "screenshot"}
        assert (rule.above, rule.least) == (0, 1)
    paper = indicator("pekppp/2022", "8").evidence_rule
    assert paper is not None
    assert paper.kinds == ("document",)


@pytest.mark.parametrize("address", ["pekppp/2022", "pekppp/2022-b", "pekppp/2017"])
def test_pekppp_has_nine_categories(address: str) -> None:
    bands = instrument(address).bands_on(None)
    assert [(one.code, str(one.lowest), one.label) for one in bands] == [
        ("A", "4.51", "Pelayanan Prima"),
        ("A-", "4.01", "Sangat Baik"),
        ("B", "3.51", "Baik"),
        ("B-", "3.01", "Baik (Dengan Catatan)"),
        ("C", "2.51", "Cukup"),
        ("C-", "2.01", "Cukup (Dengan Catatan)"),
        ("D", "1.51", "Buruk"),
        ("E", "1.01", "Sangat Buruk"),
        ("F", "0.00", "Gagal"),
    ]
    assert [one.code for one in bands if one.doubts.get("label") == "low"] == ["D", "E", "F"]


def test_the_online_form_replaces_only_facilities() -> None:
    online, offline = instrument("pekppp/2022-b"), instrument("pekppp/2022")
    assert [part for part in online.parts if part.code != "c"] == [
        part for part in offline.parts if part.code not in {"c", "inf"}
    ]
    (digital,) = [part for part in online.parts if part.code == "c"]
    assert [one.name for one in digital.indicators] == [
        "Elektronik mudah diakses",
        "Interaksi",
        "Fitur keamanan",
        "Kemudahan visual",
        "Layanan daring pendukung",
        "Penyimpanan data",
    ]
    assert all(isinstance(one.scoring, Level) and one.weight is None for one in digital.indicators)
    assert (digital.weight, online.users) == (18, None)
    assert any("4/1/4/1/1" in note for note in online.notes)


# ── PEKPPP, PermenPANRB 17/2017 ──


def test_pekppp_2017_has_37_indicators_in_six_aspects() -> None:
    assert keys("pekppp/2017") == numbers(1, 37)
    assert [(str(one.weight), len(one.indicators)) for one in instrument("pekppp/2017").parts] == [
        *(("30", 13), ("18", 7), ("15", 7), ("15", 5), ("15", 4), ("7", 1)),
    ]


@pytest.mark.parametrize(
    ("part", "expected", "total"),
    [
        ("a", "8.9 8.9 7.1 7.1 7.1 7.1 7.1 7.1 8.9 8.9 7.1 7.1 7.1", "99.5"),
        ("b", "13.6 13.6 9.1 13.6 18.2 13.6 18.2", "99.9"),
        ("c", "13.3 13.3 13.3 20 20 6.7 13.3", "99.9"),
        ("d", "20 25 25 15 15", "100"),
        ("e", "20 20 30 30", "100"),
        ("f", "100", "100"),
    ],
)
def test_pekppp_2017_keeps_its_published_weights_and_their_sums(part: str, expected: str, total: str) -> None:
    assert weights("pekppp/2017", part) == expected.split()
    assert instrument("pekppp/2017").weights_sum.indicators[part] == Decimal(total)


def test_pekppp_2017_has_levels_without_words_where_the_source_has_none() -> None:
    bare = {one.key for _, one in instrument("pekppp/2017").indicators if isinstance(one.scoring, Level)}
    assert len(bare) == 19
    assert "28" in bare
    assert all(indicator("pekppp/2017", key).doubts["levels"] == "low" for key in bare)
    queue = indicator("pekppp/2017", "3")
    assert isinstance(queue.scoring, Ladder)
    assert (queue.code, queue.scoring.levels[2]) == ("1.a.K3", "Non elektronik, nomor dipanggil")
    assert instrument("pekppp/2017").combination is None


# ── Ombudsman ──


def test_the_classic_checklist_adds_up_to_a_hundred_points_per_product() -> None:
    classic = instrument("ombudsman/classic")
    points = {one.key: one.weight for _, one in classic.indicators}
    assert [len(part.indicators) for part in classic.parts] == [5, 1, 1, 3, 2, 3, 1, 2, 1, 1]
    assert points["1.5"] == 12
    assert (points["2.1"], points["3.1"], points["4.2"], points["5.1"]) == (6, 5, 2, 3)
    assert (points["6.2"], points["7.1"], points["8.2"], points["9.1"], points["10.1"]) == (3, 3, 1, 3, 0)
    # tariff, complaint procedure and satisfaction take off 18
    assert (points["1.5"] or 0) + (points["6.2"] or 0) + (points["7.1"] or 0) == 18
    assert (classic.aggregation, classic.per, classic.maximum) == ("points", "product", 100)
    assert indicator("ombudsman/classic", "10.1").is_optional
    assert all(one.doubts["weight"] == "low" for _, one in classic.indicators)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2018, 7, 1), [("hijau", "81", "100"), ("kuning", "51", "80"), ("merah", "0", "50")]),
        (
            date(2021, 7, 1),
            [("hijau", "81.00", "100.00"), ("kuning", "51.00", "80.99"), ("merah", "0.00", "50.99")],
        ),
    ],
)
def test_the_zones_of_the_classic_checklist_are_dated(
    day: date, expected: list[tuple[str, str, str]]
) -> None:
    bands = instrument("ombudsman/classic").bands_on(day)
    assert [(one.zone, str(one.lowest), str(one.highest)) for one in bands] == expected


def test_the_four_dimensions_weigh_as_published_for_2023() -> None:
    dimensions = instrument("ombudsman/2022").parts
    assert [(one.code, str(one.weight), len(one.indicators)) for one in dimensions] == [
        *(("input", "21.85", 15), ("proses", "32.37", 11), ("output", "24.24", 5), ("pengaduan", "21.54", 1)),
    ]
    given = {
        one.key: one.weight for _, one in instrument("ombudsman/2022").indicators if one.weight is not None
    }
    assert given == {"input.1": Decimal("12.22")}
    assert indicator("ombudsman/2022", "proses.3").name == "Ketersediaan jangka waktu penyelesaian"
    assert indicator("ombudsman/2022", "pengaduan").name == "Nilai dimensi Pengaduan"
    on_site = {one.key for _, one in instrument("ombudsman/2022").indicators if one.is_on_site}
    assert on_site == {"input.13", "input.14", *(f"proses.{number}" for number in range(1, 12))}
    assert indicator("ombudsman/2022", "output.5").evidence_rule is None


def test_the_categories_of_the_four_dimensions() -> None:
    bands = instrument("ombudsman/2022").bands_on(None)
    assert [(one.code, str(one.lowest), one.label, one.zone) for one in bands] == [
        ("A", "88.00", "Kualitas Tertinggi", "hijau"),
        ("B", "78.00", "Kualitas Tinggi", "hijau"),
        ("C", "54.00", "Kualitas Sedang", "kuning"),
        ("D", "32.00", "Kualitas Rendah", "merah"),
        ("E", "0.00", "Kualitas Terendah", "merah"),
    ]
    assert [one.doubts["cutoff"] for one in bands] == ["medium", "medium", "medium", "low", "low"]


# ── Sampang ──


def test_sampang_looks_at_six_things_with_two_teams() -> None:
    sampang = instrument("sampang/2018")
    assert [one.name for _, one in sampang.indicators] == [
        "SOP (Standar Operasional Prosedur)",
        "SP (Standar Pelayanan)",
        "SKM (Survei Kepuasan Masyarakat)",
        "Maklumat Pelayanan",
        "Papan/spanduk publikasi",
        "Kotak pengaduan masyarakat",
    ]
    assert {one.weight for _, one in sampang.indicators} == {None}
    assert (sampang.not_applicable, sampang.maximum, sampang.bands) == ("leaves", 100, ())
    assert sampang.teams == ("Inspektorat", "Kesekretariatan yang membidangi Organisasi")


def test_targets_and_scales() -> None:
    facts = {
        address: (str(one.target), str(one.scale.highest), str(one.maximum))
        for address, one in nationals().items()
    }
    assert facts == {
        "pekppp/2022": ("3", "5", "5"),
        "pekppp/2022-b": ("3", "5", "5"),
        "pekppp/2017": ("3", "5", "5"),
        "ombudsman/2022": ("78", "100", "100"),
        "ombudsman/classic": ("1", "1", "100"),
        "sampang/2018": ("1", "1", "100"),
    }
