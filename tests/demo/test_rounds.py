"""The rounds of inspection in the demo city, before they are planted: believable times, places, pictures."""

from datetime import UTC, datetime, timedelta

import pytest

from server.demo.city import city_of
from server.demo.observing import Look, seen
from server.demo.rounds import script
from server.demo.scenes import SCENES, document, picture
from server.inspections.evidence.pictures import examined
from server.inspections.national import nationals
from tests.conftest import FRIDAY_MORNING


@pytest.mark.parametrize(
    "now",
    [
        FRIDAY_MORNING,
        datetime(2027, 1, 3, 2, tzinfo=UTC),
        datetime(2027, 2, 14, 12, tzinfo=UTC),
        datetime(2026, 7, 1, 0, 30, tzinfo=UTC),
    ],
)
def test_everything_happened_in_the_year_before_now_in_its_order(now: datetime) -> None:
    times = [deed.at for deed in script(city_of(7, 12), now)]
    assert times == sorted(times)
    assert now - timedelta(days=366) < times[0]
    assert times[-1] < now


def test_two_inspectors_of_a_place_see_the_same_but_where_they_are_to_differ() -> None:
    instrument = nationals()["sampang/2018"]
    first, second = (
        {indicator.key: one.level for indicator, one in seen(7, instrument, look)}
        for look in (Look("m", "u", "eka"), Look("m", "u", "fajar", differs=frozenset({"5"})))
    )
    assert {key for key in first if first[key] != second[key]} <= {"5"}
    assert second["5"] == 0


def test_pictures_and_documents_are_what_they_say() -> None:
    for scene in SCENES:
        assert picture(scene, "dinas-a").startswith(b"\x89PNG\r\n\x1a\n")
        assert picture(scene, "dinas-a") != picture(scene, "dinas-b")
        taken = [picture(scene, f"dinas/eka/2026-11-{day}") for day in range(10, 30)]
        looks = [examined(one, "image/png").likeness for one in taken]
        assert None not in looks and len(set(looks)) == len(looks)
    assert document("Bukti (contoh)", ["satu"]).startswith(b"%PDF-1.4\n")
