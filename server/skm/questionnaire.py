"""The questions of the satisfaction survey and the respondent profile, word for word, as dated data.

Rule:   PermenPANRB 14/2017, Lampiran: the form "Kuesioner Survei Kepuasan Masyarakat"
Since:  2017 (the day is not verified); the fourteen and the nine elements of older rules are not here
Proof:  tests/skm/test_questionnaire.py compares the Indonesian wording with the published form

The Indonesian wording is the form's own, spelling included. A language is one more `Wording`; whatever is not the
regulation's own text carries a note that says so. A rewording is a new version and never changes an element's key.
"""

from collections.abc import Mapping
from datetime import date

import msgspec


class Question(msgspec.Struct, frozen=True):
    """One question: the element it measures and its four answers, worth 1, 2, 3 and 4 in this order."""

    element: str
    name: str
    text: str
    answers: tuple[str, str, str, str]


class Wording(msgspec.Struct, frozen=True):
    """The questions in one language, in the order of the form: there `sarana` is eighth and `pengaduan` ninth."""

    language: str
    called: str
    questions: tuple[Question, ...]
    direction: str = "ltr"
    note: str | None = None


class Questionnaire(msgspec.Struct, frozen=True):
    version: str
    in_force_from: date
    wordings: Mapping[str, Wording]


class Choice(msgspec.Struct, frozen=True):
    """One value of a profile field: the code that is stored and sent, and what people read, by language."""

    code: str
    labels: Mapping[str, str]


INDONESIAN = Wording(
    language="id",
    called="Bahasa Indonesia",
    questions=(
        Question(
            "persyaratan",
            "Persyaratan",
            "Bagaimana pendapat Saudara tentang kesesuaian persyaratan pelayanan dengan jenis pelayanannya.",
            ("Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"),
        ),
        Question(
            "prosedur",
            "Prosedur",
            "Bagaimana pemahaman Saudara tentang kemudahan prosedur pelayanan di unit ini.",
            ("Tidak mudah", "Kurang mudah", "Mudah", "Sangat mudah"),
        ),
        Question(
            "waktu",
            "Waktu",
            "Bagaimana pendapat Saudara tentang kecepatan waktu dalam memberikan pelayanan.",
            ("Tidak cepat", "Kurang cepat", "Cepat", "Sangat cepat"),
        ),
        Question(
            "biaya",
            "Biaya",
            "Bagaimana pendapat Saudara tentang kewajaran biaya/tarif dalam pelayanan",
            ("Sangat mahal", "Cukup mahal", "Murah", "Gratis"),
        ),
        Question(
            "produk",
            "Produk layanan",
            "Bagaimana pendapat Saudara tentang kesesuaian produk pelayanan antara yang tercantum dalam standar "
            "pelayanan dengan hasil yang diberikan.",
            ("Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"),
        ),
        Question(
            "kompetensi",
            "Kompetensi petugas",
            "Bagaimana pendapat Saudara tentang kompetensi/kemampuan petugas dalam pelayanan",
            ("Tidak kompeten", "Kurang kompeten", "Kompeten", "Sangat kompeten"),
        ),
        Question(
            "perilaku",
            "Perilaku petugas",
            "Bagaimana pendapat saudara perilaku petugas dalam pelayanan terkait kesopanan dan keramahan",
            ("Tidak sopan dan ramah", "Kurang sopan dan ramah", "Sopan dan ramah", "Sangat sopan dan ramah"),
        ),
        Question(
            "sarana",
            "Sarana",
            "Bagaimana pendapat Saudara tentang kualitas sarana dan prasarana",
            ("Buruk", "Cukup", "Baik", "Sangat Baik"),
        ),
        Question(
            "pengaduan",
            "Pengaduan",
            "Bagaimana pendapat Saudara tentang penanganan pengaduan pengguna layanan",
            ("Tidak ada", "Ada tetapi tidak berfungsi", "Berfungsi kurang maksimal", "Dikelola dengan baik"),
        ),
    ),
)

ENGLISH = Wording(
    language="en",
    called="English",
    note="This translation is not official; the Indonesian wording of PermenPANRB 14/2017 counts.",
    questions=(
        Question(
            "persyaratan",
            "Requirements",
            "How well do the requirements suit the kind of service you asked for?",
            ("They do not suit it", "Not very well", "Well", "Very well"),
        ),
        Question(
            "prosedur",
            "Procedure",
            "How easy is the procedure of this unit to follow?",
            ("Not easy", "Not very easy", "Easy", "Very easy"),
        ),
        Question(
            "waktu",
            "Time",
            "How fast was the service given?",
            ("Not fast", "Not very fast", "Fast", "Very fast"),
        ),
        Question(
            "biaya",
            "Cost",
            "How reasonable is the cost or fee of the service?",
            ("Very expensive", "Rather expensive", "Cheap", "Free of charge"),
        ),
        Question(
            "produk",
            "Result",
            "How well does the result you were given match what the service standard promises?",
            ("It does not match", "Not very well", "Well", "Very well"),
        ),
        Question(
            "kompetensi",
            "Competence of staff",
            "How competent are the staff who serve you?",
            ("Not competent", "Not very competent", "Competent", "Very competent"),
        ),
        Question(
            "perilaku",
            "Conduct of staff",
            "How polite and friendly are the staff who serve you?",
            (
                "Not polite and friendly",
                "Not very polite and friendly",
                "Polite and friendly",
                "Very polite and friendly",
            ),
        ),
        Question(
            "sarana",
            "Facilities",
            "How good are the facilities and equipment?",
            ("Bad", "Fair", "Good", "Very good"),
        ),
        Question(
            "pengaduan",
            "Complaints",
            "How are complaints from service users handled?",
            (
                "Not at all",
                "There is a way, but it does not work",
                "It works, but not fully",
                "They are handled well",
            ),
        ),
    ),
)

QUESTIONNAIRES: tuple[Questionnaire, ...] = (
    Questionnaire(
        version="permenpanrb-14-2017",
        in_force_from=date(2017, 1, 1),
        wordings={"id": INDONESIAN, "en": ENGLISH},
    ),
)


def questionnaire_on(day: date) -> Questionnaire:
    """The questionnaire in force on a day; for days before the first one we know, the first."""
    in_force = [known for known in QUESTIONNAIRES if known.in_force_from <= day]
    return in_force[-1] if in_force else QUESTIONNAIRES[0]


AGES = range(1, 121)
"""Ages in full years that a respondent may give."""


def _same(*codes: str) -> tuple[Choice, ...]:
    """Choices whose Indonesian abbreviation is what everybody reads."""
    return tuple(Choice(code, {"id": code, "en": code}) for code in codes)


PROFILE: Mapping[str, tuple[Choice, ...]] = {
    "sex": (
        Choice("L", {"id": "Laki-laki", "en": "Male"}),
        Choice("P", {"id": "Perempuan", "en": "Female"}),
    ),
    # the form prints SD, SMP, SMA, S1, S2, S3; the diplomas D1 to D4 are a local addition in wide use
    "education": (
        Choice("SD", {"id": "SD", "en": "Primary school (SD)"}),
        Choice("SMP", {"id": "SMP", "en": "Junior high school (SMP)"}),
        Choice("SMA", {"id": "SMA/SMK", "en": "Senior high school (SMA/SMK)"}),
        *_same("D1", "D2", "D3", "D4"),
        Choice("S1", {"id": "S1", "en": "Bachelor (S1)"}),
        Choice("S2", {"id": "S2", "en": "Master (S2)"}),
        Choice("S3", {"id": "S3", "en": "Doctor (S3)"}),
    ),
    # the form prints PNS, TNI, POLRI, SWASTA, WIRAUSAHA, LAINNYA; those between are local additions in wide use
    "occupation": (
        Choice("pns", {"id": "PNS", "en": "Civil servant"}),
        Choice("tni", {"id": "TNI", "en": "Armed forces"}),
        Choice("polri", {"id": "Polri", "en": "Police"}),
        Choice("swasta", {"id": "Pegawai swasta", "en": "Private employee"}),
        Choice("wirausaha", {"id": "Wirausaha", "en": "Self-employed"}),
        Choice("petani", {"id": "Petani/nelayan", "en": "Farmer or fisher"}),
        Choice("lepas", {"id": "Pekerja lepas", "en": "Casual worker"}),
        Choice("rumah_tangga", {"id": "Ibu rumah tangga", "en": "Homemaker"}),
        Choice("pelajar", {"id": "Pelajar/mahasiswa", "en": "Pupil or student"}),
        Choice("pensiunan", {"id": "Pensiunan", "en": "Retired"}),
        Choice("lainnya", {"id": "Lainnya", "en": "Other"}),
    ),
    "disability": (
        Choice("none", {"id": "Tidak ada", "en": "None"}),
        Choice("fisik", {"id": "Fisik", "en": "Physical"}),
        Choice("intelektual", {"id": "Intelektual", "en": "Intellectual"}),
        Choice("mental", {"id": "Mental", "en": "Mental"}),
        Choice("sensorik", {"id": "Sensorik", "en": "Sensory"}),
    ),
}
