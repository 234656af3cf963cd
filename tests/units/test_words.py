"""The words people use for a unit's facts."""

import pytest

from server.units import words


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Senin-Jumat", "12345"),
        ("senin – sabtu", "123456"),
        ("Senin s.d. Kamis", "1234"),
        ("Senin s/d Jumat", "12345"),
        ("Senin sampai Jum'at", "12345"),
        ("Senin, Rabu dan Jumat", "135"),
        ("Sabtu", "6"),
        ("setiap hari", "1234567"),
        ("54321", "12345"),
    ],
)
def test_days(written, stored):
    assert words.days(written) == stored


@pytest.mark.parametrize("written", ["Senen", "Senin-", "", "8", "Jumat-Senin", "Sabtu, Jumat-Senin"])
def test_days_that_are_none(written):
    with pytest.raises(words.Misread, match="Senin-Jumat"):
        words.days(written)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("12345", "Senin–Jumat"),
        ("135", "Senin, Rabu, Jumat"),
        ("67", "Sabtu, Minggu"),
        ("1236", "Senin–Rabu, Sabtu"),
    ],
)
def test_days_as_people_read_them(stored, read):
    assert words.days_text(stored) == read
    assert words.days(read) == stored


@pytest.mark.parametrize(("written", "stored"), [("7.30", "07:30"), ("07:30", "07:30"), ("23.59", "23:59")])
def test_time(written, stored):
    assert words.time(written) == stored


@pytest.mark.parametrize("written", ["", "24.00", "7", "7.60", "tujuh", "07.30 WIB"])
def test_time_that_is_none(written):
    with pytest.raises(words.Misread, match=r"07\.30"):
        words.time(written)


@pytest.mark.parametrize(
    ("written", "stored"),
    [("1.200", 1200), ("12000", 12000), ("1 200 000", 1_200_000), ("", None), (" 7 ", 7)],
)
def test_users(written, stored):
    assert words.users(written) == stored


@pytest.mark.parametrize("written", ["0", "-5", "1,5", "1.20", "seribu", "9999999999", "١٢"])
def test_users_that_are_none(written):
    with pytest.raises(words.Misread):
        words.users(written)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("", None),
        ("-6,2088", -6.2088),
        ("-6.2088", -6.2088),
        ("\N{MINUS SIGN}6,2088", -6.2088),
        ("- 6,2088", -6.2088),
        ("5", 5.0),
        ("-11,5", -11.5),
        ("6.5", 6.5),
        ("-6.208812345678", -6.208812),
    ],
)
def test_latitude(written, stored):
    assert words.latitude(written) == stored


@pytest.mark.parametrize(
    "written", ["-11,6", "6.51", "106.8", "6,2,1", "nan", "1e1", "6°12'", "selatan", "-"]
)
def test_latitude_that_is_none(written):
    with pytest.raises(words.Misread, match=r"antara -11,5 dan 6,5, misalnya -6,2088"):
        words.latitude(written)


def test_longitude():
    assert words.longitude("106,8456") == 106.8456
    for wrong in ("93.9", "142,1", "-106"):
        with pytest.raises(words.Misread, match="antara 94 dan 142"):
            words.longitude(wrong)


def test_zone_by_its_short_and_its_own_name():
    assert words.zone("wita") == words.zone("Asia/Makassar") == "Asia/Makassar"
    with pytest.raises(words.Misread, match="WIB, WITA, atau WIT"):
        words.zone("Asia/Tokyo")


def test_kind_by_its_key_and_by_its_name():
    assert words.kind("mal pelayanan publik") == words.kind("MPP") == "mpp"
    with pytest.raises(words.Misread, match="dinas"):
        words.kind("warung")


def test_yes_and_no():
    assert (words.yes("Ya"), words.yes("tidak")) == (True, False)
    with pytest.raises(words.Misread):
        words.yes("mungkin")
