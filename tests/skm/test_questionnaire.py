"""The questionnaire: word for word the published form, in the form's order, whatever language is added."""

from datetime import date

import pytest

from server.skm.questionnaire import AGES, PROFILE, QUESTIONNAIRES, questionnaire_on
from server.skm.rules import ELEMENTS, ORDERS

FORM = """
Bagaimana pendapat Saudara tentang kesesuaian persyaratan pelayanan dengan jenis pelayanannya. | Tidak sesuai | Kurang sesuai | Sesuai | Sangat sesuai
Bagaimana pemahaman Saudara tentang kemudahan prosedur pelayanan di unit ini. | Tidak mudah | Kurang mudah | Mudah | Sangat mudah
Bagaimana pendapat Saudara tentang kecepatan waktu dalam memberikan pelayanan. | Tidak cepat | Kurang cepat | Cepat | Sangat cepat
Bagaimana pendapat Saudara tentang kewajaran biaya/tarif dalam pelayanan | Sangat mahal | Cukup mahal | Murah | Gratis
Bagaimana pendapat Saudara tentang kesesuaian produk pelayanan antara yang tercantum dalam standar pelayanan dengan hasil yang diberikan. | Tidak sesuai | Kurang sesuai | Sesuai | Sangat sesuai
Bagaimana pendapat Saudara tentang kompetensi/kemampuan petugas dalam pelayanan | Tidak kompeten | Kurang kompeten | Kompeten | Sangat kompeten
Bagaimana pendapat saudara perilaku petugas dalam pelayanan terkait kesopanan dan keramahan | Tidak sopan dan ramah | Kurang sopan dan ramah | Sopan dan ramah | Sangat sopan dan ramah
Bagaimana pendapat Saudara tentang kualitas sarana dan prasarana | Buruk | Cukup | Baik | Sangat Baik
Bagaimana pendapat Saudara tentang penanganan pengaduan pengguna layanan | Tidak ada | Ada tetapi tidak berfungsi | Berfungsi kurang maksimal | Dikelola dengan baik
"""  # noqa: E501

WORDINGS = [wording for known in QUESTIONNAIRES for wording in known.wordings.values()]


def test_the_indonesian_wording_is_the_forms_own() -> None:
    lines = [tuple(part.strip() for part in line.split("|")) for line in FORM.strip().splitlines()]
    questions = questionnaire_on(date(2026, 11, 22)).wordings["id"].questions
    assert [(asked.text, *asked.answers) for asked in questions] == lines


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.language)
def test_every_language_asks_the_nine_elements_in_the_order_of_the_form(wording) -> None:
    asked = tuple(question.element for question in wording.questions)
    assert asked == ORDERS["questionnaire"]
    assert set(asked) == set(ELEMENTS)
    assert asked[7:] == ("sarana", "pengaduan"), "the regulation numbers these two the other way round"


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.language)
def test_every_question_has_four_different_answers(wording) -> None:
    for question in wording.questions:
        assert len(set(question.answers)) == 4


def test_a_language_that_is_not_the_regulations_says_so() -> None:
    assert [wording.language for wording in WORDINGS if wording.note is None] == ["id"]


def test_every_profile_value_has_one_code_and_a_label_in_every_language() -> None:
    languages = {wording.language for wording in WORDINGS}
    for field, choices in PROFILE.items():
        codes = [choice.code for choice in choices]
        assert len(set(codes)) == len(codes), field
        assert all(set(choice.labels) == languages for choice in choices), field


def test_the_profile_offers_what_the_official_form_offers() -> None:
    codes = {field: {choice.code for choice in choices} for field, choices in PROFILE.items()}
    assert codes["sex"] == {"L", "P"}
    assert codes["education"] >= {"SD", "SMP", "SMA", "S1", "S2", "S3"}
    assert codes["occupation"] >= {"pns", "tni", "polri", "swasta", "wirausaha", "lainnya"}
    assert (AGES[0], AGES[-1]) == (1, 120)


def test_a_day_before_the_first_questionnaire_is_answered_with_the_first() -> None:
    assert questionnaire_on(date(1999, 1, 1)) is QUESTIONNAIRES[0]
