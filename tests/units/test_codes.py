from string import ascii_uppercase, digits

import base32_crockford
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.units.codes import (
    CAPACITY,
    LENGTH,
    SYMBOLS,
    BadCode,
    NotACode,
    WrongCheck,
    new_code,
    parse_code,
    readable,
)

A_CODE = "K7M2Q6"

numbers = st.integers(min_value=0, max_value=CAPACITY - 1)


@given(numbers)
def test_a_foreign_library_verifies_every_code(number: int) -> None:
    code = new_code(number)
    value = base32_crockford.decode(code, checksum=True)
    assert base32_crockford.encode(value, checksum=True).zfill(LENGTH) == code


@given(numbers)
def test_a_code_is_six_of_the_32_symbols_and_reads_back_as_itself(number: int) -> None:
    code = new_code(number)
    assert len(code) == 6
    assert set(code) <= set(SYMBOLS)
    assert parse_code(code) == code
    assert parse_code(readable(code)) == code


@given(numbers, numbers)
def test_different_numbers_give_different_codes(one: int, other: int) -> None:
    assert (new_code(one) == new_code(other)) == (one == other)


def test_counting_on_walks_through_the_usable_values_in_order_and_around() -> None:
    values = [base32_crockford.decode(new_code(n)[:-1]) for n in range(100)]
    assert values == [value for value in range(200) if value % 37 < 32][:100]
    assert base32_crockford.decode(new_code(CAPACITY - 1)[:-1]) == 32**5 - 1
    assert new_code(CAPACITY) == new_code(0)


def test_the_stated_capacity_is_the_number_of_values_with_an_ordinary_check_symbol() -> None:
    rounds, rest = divmod(32**5, 37)
    assert rounds * 32 + min(rest, 32) == CAPACITY


def test_every_single_wrong_symbol_is_noticed() -> None:
    wrong = [
        A_CODE[:place] + symbol + A_CODE[place + 1 :]
        for place in range(LENGTH)
        for symbol in SYMBOLS
        if symbol != A_CODE[place]
    ]
    assert len(wrong) == 6 * 31
    for code in wrong:
        with pytest.raises(WrongCheck):
            parse_code(code)


@given(numbers, st.integers(0, LENGTH - 1), st.sampled_from(SYMBOLS))
def test_a_wrong_symbol_is_noticed_in_any_code(number: int, place: int, symbol: str) -> None:
    code = new_code(number)
    typed = code[:place] + symbol + code[place + 1 :]
    if typed == code:
        assert parse_code(typed) == code
    else:
        with pytest.raises(WrongCheck):
            parse_code(typed)


@given(numbers, st.integers(0, LENGTH - 2))
def test_two_neighbours_swapped_are_noticed_in_any_code(number: int, place: int) -> None:
    code = new_code(number)
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if typed == code:
        assert parse_code(typed) == code
    else:
        with pytest.raises(WrongCheck):
            parse_code(typed)


@pytest.mark.parametrize(
    "typed",
    ["K7M2Q6", "k7m2q6", " K7M 2Q6 ", "k7m-2q6", "K7M.2Q6", "K7M–2Q6", "k 7 m 2 q 6", "K7M\u00a02Q6\n"],
)
def test_it_reads_what_people_type(typed: str) -> None:
    assert parse_code(typed) == A_CODE


def test_it_reads_letters_that_look_like_digits() -> None:
    code = new_code(1)
    assert code == "000011"
    for zero in "Oo0":
        for one in "IiLl1":
            assert parse_code(code.replace("0", zero).replace("1", one)) == code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "K7M2Q",
        "K7M2Q66",
        "K7M2Q*",
        "K7M2Q~",
        "K7M2Q$",
        "K7M2Q=",
        "K7M2Qé",
        "Ｋ7M2Q6",
        "K7M2Q٦",
        "K7M/2Q6",
    ],
)
def test_it_says_that_other_texts_are_no_codes(typed: str) -> None:
    with pytest.raises(NotACode):
        parse_code(typed)


def test_a_typed_u_is_no_code_rather_than_our_guess_at_v() -> None:
    code = next(code for code in map(new_code, range(CAPACITY)) if "V" in code)
    for u in "Uu":
        with pytest.raises(NotACode):
            parse_code(code.replace("V", u))


def test_both_refusals_tell_people_what_to_do() -> None:
    with pytest.raises(BadCode) as not_a_code:
        parse_code("loket tiga")
    with pytest.raises(BadCode) as wrong_check:
        parse_code("K7M2QX")
    assert "6 huruf dan angka" in not_a_code.value.sentence
    assert "salah" in wrong_check.value.sentence
    assert all("pindai QR" in error.value.sentence for error in (not_a_code, wrong_check))


def test_the_example_in_the_sentence_is_a_code() -> None:
    assert parse_code("K7M 2Q6") == A_CODE
    assert "K7M 2Q6" in NotACode.sentence


@given(st.text(max_size=12) | st.text(ascii_uppercase + digits, min_size=6, max_size=6))
def test_any_text_is_a_code_or_kindly_refused(text: str) -> None:
    try:
        code = parse_code(text)
    except BadCode as refusal:
        assert refusal.sentence.endswith(".")
    else:
        base32_crockford.decode(code, checksum=True)
