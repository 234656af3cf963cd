from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from server.skm import exclusion
from server.skm.exclusion import BOOKS, CURRENT, EXEMPT, RULES, OpeningHours, Seen, book_on, judge

MIDNIGHT = datetime(2026, 11, 22)
OFFICE = OpeningHours(((8 * 60, 15 * 60),))
few = settings(max_examples=60, deadline=None)


def seen(number: int, at_s: int = 10 * 3600, **changes) -> Seen:
    """An honest answer at `at_s` seconds after local midnight, unless it is changed."""
    received_at = (MIDNIGHT - timedelta(hours=7) + timedelta(seconds=at_s)).replace(tzinfo=UTC)
    answer = Seen(
        id=f"{number:04}",
        received_at=received_at,
        local_at=MIDNIGHT + timedelta(seconds=at_s),
        token="ok",
        served_at=received_at - timedelta(seconds=60),
        nonce=f"page {number}",
        device=f"phone {number}",
    )
    return replace(answer, **changes)


def crowd(n: int, at_s: int, every_s: float, **changes) -> list[Seen]:
    return [seen(number, at_s + int(number * every_s), **changes) for number in range(n)]


days = st.lists(
    st.builds(
        lambda number, at_s, token, nonce, device, channel, served: seen(
            number,
            at_s,
            token=token,
            nonce=nonce,
            device=device,
            channel=channel,
            **({} if served else {"served_at": None}),
        ),
        st.integers(0, 9999),
        # close together, so that floods come about
        st.integers(20 * 3600, 20 * 3600 + 900),
        st.sampled_from(["ok", "ok", "ok", "missing", "expired", "forged"]),
        st.sampled_from([None, "page a", "page b", "page c"]),
        st.sampled_from([None, "phone a", "phone b"]),
        st.sampled_from(["qr", "qr", "kiosk", "import", "paper"]),
        st.booleans(),
    ),
    max_size=50,
    unique_by=lambda answer: answer.id,
)


@pytest.mark.parametrize("token", ["missing", "expired", "forged"])
def test_an_answer_without_the_mark_of_our_page_does_not_count(token: str) -> None:
    assert judge([seen(1, token=token), seen(2)], OFFICE) == {"0001": "R1"}


def test_an_answer_faster_than_a_second_a_question_does_not_count() -> None:
    received_at = seen(1).received_at
    fast = seen(1, served_at=received_at - timedelta(seconds=8, milliseconds=999))
    in_time = seen(2, served_at=received_at - timedelta(seconds=9))
    not_known = seen(3, served_at=None)
    assert judge([fast, in_time, not_known], OFFICE) == {"0001": "R2"}


def test_of_one_page_only_the_first_answer_counts() -> None:
    again = [seen(number, 36_000 + number, nonce="page") for number in (3, 1, 2)]
    assert judge(again, OFFICE) == {"0002": "R3", "0003": "R3"}


def test_pages_without_a_number_are_not_compared() -> None:
    assert judge([seen(number, nonce=None) for number in range(5)], OFFICE) == {}


def test_a_family_may_share_a_phone_and_only_the_fourth_answer_is_left_out() -> None:
    family = [seen(number, 36_000 + 60 * number, device="phone") for number in range(5)]
    assert judge(family, OFFICE) == {"0003": "R4", "0004": "R4"}


def test_answers_that_arrive_at_the_same_moment_are_told_apart_by_their_id() -> None:
    family = [seen(number, device="phone") for number in (4, 2, 3, 1)]
    assert judge(family, OFFICE) == {"0004": "R4"}


def test_a_forged_answer_does_not_use_up_the_three_of_a_phone() -> None:
    forged = seen(0, 35_000, token="forged", device="phone")
    family = [seen(number, 36_000 + number, device="phone") for number in (1, 2, 3)]
    assert judge([forged, *family], OFFICE) == {"0000": "R1"}


def test_a_flood_behind_closed_doors_is_left_out_whole() -> None:
    night = crowd(12, 22 * 3600, 25)
    assert set(judge(night, OFFICE).items()) == {(answer.id, "R5") for answer in night}
    assert judge(night[:11], OFFICE) == {}
    assert judge(crowd(12, 22 * 3600, 28), OFFICE) == {}


def test_a_flood_reaches_exactly_as_far_as_its_windows() -> None:
    flood = crowd(12, 22 * 3600, 20)
    early, late = seen(98, 22 * 3600 - 301), seen(99, 22 * 3600 + 220 + 301)
    assert set(judge([*flood, early, late], OFFICE)) == {answer.id for answer in flood}


def test_a_window_holds_both_its_ends() -> None:
    night = [*crowd(11, 22 * 3600, 20), seen(11, 22 * 3600 + 300)]
    assert len(judge(night, OFFICE)) == 12
    assert judge([*night[:-1], seen(11, 22 * 3600 + 301)], OFFICE) == {}


def test_on_a_closed_day_and_without_known_hours_floods_are_judged_accordingly() -> None:
    morning = crowd(12, 10 * 3600, 20)
    assert judge(morning, OFFICE) == {}
    assert len(judge(morning, OpeningHours(()))) == 12
    assert judge(morning, None) == {}


@pytest.mark.parametrize(("at", "excluded"), [("07:30", 0), ("07:23", 12), ("15:24", 0), ("15:31", 12)])
def test_the_first_and_the_last_of_the_queue_have_half_an_hour_of_grace(at: str, excluded: int) -> None:
    hour, minute = map(int, at.split(":"))
    assert len(judge(crowd(12, hour * 3600 + minute * 60, 20), OFFICE)) == excluded


def test_no_counter_serves_thirty_in_five_minutes() -> None:
    assert len(judge(crowd(30, 10 * 3600, 10), OFFICE)) == 30
    assert len(judge(crowd(30, 10 * 3600, 10), None)) == 30
    assert judge(crowd(29, 10 * 3600, 10), OFFICE) == {}


def test_twenty_honest_people_in_a_busy_hour_all_count() -> None:
    assert judge(crowd(20, 10 * 3600, 180), OFFICE) == {}
    # even when they all finish waiting at once
    assert judge(crowd(20, 10 * 3600, 5), OFFICE) == {}


def test_a_long_queue_behind_one_address_all_counts() -> None:
    assert judge(crowd(400, 8 * 3600, 60), OFFICE) == {}


def test_a_flood_of_forged_answers_does_not_drag_down_the_honest_ones_meanwhile() -> None:
    forged = crowd(200, 10 * 3600, 1, token="forged")
    honest = [seen(1000 + number, 10 * 3600 + 30 * number) for number in range(5)]
    assert set(judge([*forged, *honest], OFFICE).values()) == {"R1"}
    assert not {answer.id for answer in honest} & set(judge([*forged, *honest], OFFICE))


def test_at_a_kiosk_everybody_uses_one_tablet_and_one_page() -> None:
    queue = crowd(20, 9 * 3600, 600, channel="kiosk", device="tablet", nonce="page")
    assert judge(queue, OFFICE) == {}


def test_a_kiosk_is_not_exempt_from_floods_but_may_send_days_at_once() -> None:
    assert len(judge(crowd(30, 10 * 3600, 10, channel="kiosk"), OFFICE)) == 30
    received_at = seen(0, 16 * 3600).received_at
    emptied = [
        replace(answer, received_at=received_at) for answer in crowd(40, 9 * 3600, 300, channel="kiosk")
    ]
    assert judge(emptied, OFFICE) == {}


def test_a_flood_at_a_kiosk_is_found_in_whatever_order_it_is_sent() -> None:
    flood = crowd(12, 22 * 3600, 20, channel="kiosk")
    between = crowd(12, 9 * 3600, 600, channel="kiosk")
    arrivals = [answer for pair in zip(flood, between, strict=True) for answer in pair]
    sent = [
        replace(answer, id=f"{number:04}", received_at=seen(0, 23 * 3600 + number).received_at)
        for number, answer in enumerate(arrivals)
    ]
    assert set(judge(sent, OpeningHours(()))) == {f"{number:04}" for number in range(0, 24, 2)}


@pytest.mark.parametrize("channel", ["import", "paper"])
def test_what_staff_enter_under_their_name_is_not_judged(channel: str) -> None:
    entered = crowd(60, 22 * 3600, 1, channel=channel, token="missing", device="desk", nonce="page")
    assert judge(entered, OFFICE) == {}


def test_it_gives_the_first_rule_that_is_broken() -> None:
    received_at = seen(1).received_at
    both = seen(1, token="expired", served_at=received_at)
    assert judge([both], OFFICE) == {"0001": "R1"}
    copies = crowd(31, 10 * 3600, 1, nonce="page", device="phone")
    assert sorted(judge(copies, OFFICE).values()) == ["R3"] * 30


@few
@given(days, st.integers())
def test_the_order_in_which_answers_are_read_does_not_matter(day, seed: int) -> None:
    assert judge(Random(seed).sample(day, len(day)), OFFICE) == judge(day, OFFICE)


@few
@given(days)
def test_judging_what_still_counts_excludes_nobody_else(day) -> None:
    excluded = judge(day, OFFICE)
    assert judge([answer for answer in day if answer.id not in excluded], OFFICE) == {}


@few
@given(days)
def test_every_verdict_names_a_published_rule_and_no_exempt_one(day) -> None:
    channels = {answer.id: answer.channel for answer in day}
    for answer_id, code in judge(day, OFFICE).items():
        assert code in {rule.code for rule in RULES}
        assert code not in EXEMPT.get(channels[answer_id], ())


@few
@given(days, st.integers(20 * 3600 + 901, 20 * 3600 + 1200), st.sampled_from(["phone a", "phone new"]))
def test_a_later_answer_excludes_an_earlier_one_only_through_a_flood(day, at_s: int, device: str) -> None:
    before = judge(day, OFFICE)
    after = judge([*day, seen(10_000, at_s, device=device)], OFFICE)
    changed = {
        answer_id
        for answer_id in before.keys() | after.keys()
        if before.get(answer_id) != after.get(answer_id)
    }
    assert {after.get(answer_id) for answer_id in changed - {"10000"}} <= {"R5"}


def test_a_day_is_judged_by_the_book_of_its_time_and_none_is_without(monkeypatch) -> None:
    strict = replace(CURRENT, in_force_from=date(2030, 7, 1), answers_per_device=1)
    monkeypatch.setattr(exclusion, "BOOKS", (*BOOKS, strict))
    assert [book_on(date(2030, 6, 30)), book_on(date(2030, 7, 1))] == [CURRENT, strict]
    assert book_on(date(1970, 1, 1)) is BOOKS[0]
    family = [seen(number, 36_000 + number, device="phone") for number in range(2)]
    assert judge(family, OFFICE, strict) == {"0001": "R4"}


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: str(book.in_force_from))
def test_the_published_sentences_tell_the_thresholds_that_are_applied(book) -> None:
    told = {rule.code: (rule.explanation, rule.explanation_en) for rule in book.rules}
    thresholds = {
        "R2": [book.fastest_s],
        "R4": [book.answers_per_device],
        "R5": [
            book.burst_minutes,
            book.burst_while_closed,
            book.burst_at_any_time,
            book.closing_grace_minutes,
        ],
    }
    assert list(told) == ["R1", "R2", "R3", "R4", "R5"]
    for code, numbers in thresholds.items():
        for sentence in told[code]:
            words = sentence.replace("(", " ").split()
            assert all(str(number) in words for number in numbers)
