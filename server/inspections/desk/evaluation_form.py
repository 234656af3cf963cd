"""The form of an evaluation: what is offered first, what was typed, and a refusal told at the field it is about."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from litestar import Request
from msgspec import UNSET, UnsetType

from server.forms import BadForm, Form
from server.inspections.evaluations.wire import EvaluationChange, EvaluationPlan
from server.inspections.instrument import Instrument
from server.inspections.scoring import comma_of
from server.inspections.tables import Evaluation
from server.problems import Problem

FIELDS = {
    "title": "judul",
    "first_day": "mulai",
    "last_day": "selesai",
    "convention": "cara",
    "target": "sasaran",
    "reply_days": "sanggah",
    "repair_days": "perbaikan",
    "without_f03": "tanpa_f03",
    "reason": "alasan",
    "units": "unit",
    "kind": "jenis",
    "person": "pemeriksa",
    "team": "tim",
    "due_day": "tenggat",
    "service": "tempat",
    "unit": "tempat",
}
"""What a refusal calls a field → what the page calls it."""

NOT_A_NUMBER = {
    "sasaran": "Tulis sasaran sebagai angka, misalnya %(example)s.",
    "sanggah": "Tulis masa sanggah sebagai jumlah hari, misalnya %(example)s.",
    "perbaikan": "Tulis masa perbaikan sebagai jumlah hari, misalnya %(example)s.",
}

OWN_PERIOD = "sendiri"

REPLY_DAYS, REPAIR_DAYS = 7, 60
"""What is offered at first."""


def said_again(
    request: Request[Any, Any, Any], template: str, form: Form, problem: Problem, facts: Mapping[str, Any]
) -> BadForm:
    """The page with the form as it was sent and the refusal where it belongs; raise it `from` the refusal."""
    what = problem.facts.get("what", problem.detail)
    form.fault(FIELDS.get(problem.field or "", ""), "%(said)s", said=what)
    return BadForm(request, template, form, problem.status, **facts)


# ── the period ──


def periods(today: date) -> dict[str, tuple[date, date]]:
    """The usual periods of an evaluation, by their code: this year, its halves, next year."""
    year = today.year
    return {
        str(year): (date(year, 1, 1), date(year, 12, 31)),
        f"{year}-S1": (date(year, 1, 1), date(year, 6, 30)),
        f"{year}-S2": (date(year, 7, 1), date(year, 12, 31)),
        str(year + 1): (date(year + 1, 1, 1), date(year + 1, 12, 31)),
    }


# ── a new evaluation ──


def offered(instrument: Instrument, period: tuple[date, date] | None) -> Form:
    """The form with what the instrument itself says, and the period that was chosen."""
    first, last = period or ("", "")
    return Form(
        {
            "judul": "",
            "mulai": first,
            "selesai": last,
            "cara": instrument.convention,
            "sasaran": comma_of(instrument.target),
            "sanggah": REPLY_DAYS,
            "perbaikan": REPAIR_DAYS,
            "tanpa_f03": instrument.combination.without_f03 if instrument.combination else "",
        }
    )


def read_plan(form: Form, instrument: Instrument) -> EvaluationPlan | None:
    """What was typed; None if the form has a fault. Whether it holds together is the plan's to say."""
    numbers = _numbers(form, instrument)
    for field, missing in (("mulai", "Tulis tanggal mulai."), ("selesai", "Tulis tanggal selesai.")):
        form.text(field, 10, missing)
    if form.faults:
        return None
    return EvaluationPlan(
        title=form.values.get("judul", ""),
        instrument=instrument.address,
        first_day=form.values["mulai"],
        last_day=form.values["selesai"],
        convention=form.values.get("cara") or None,
        without_f03=_without_f03(form, instrument) or None,
        **numbers,
    )


# ── an evaluation that is changed ──


def as_it_is(evaluation: Evaluation) -> Form:
    return Form(
        {
            "judul": evaluation.title,
            "selesai": evaluation.last_day,
            "sasaran": comma_of(evaluation.target),
            "sanggah": evaluation.reply_days,
            "perbaikan": evaluation.repair_days,
            "tanpa_f03": evaluation.without_f03,
        }
    )


def read_change(form: Form, instrument: Instrument, *, is_pinned: bool) -> EvaluationChange | None:
    """What was typed; None if the form has a fault. What a final score was made with is not even asked."""
    numbers = _numbers(form, instrument, but=("sasaran",) if is_pinned else ())
    form.text("selesai", 10, "Tulis tanggal selesai.")
    if form.faults:
        return None
    without_f03: str | UnsetType = UNSET if is_pinned else _without_f03(form, instrument) or UNSET
    return EvaluationChange(
        title=form.values.get("judul", ""),
        last_day=form.values["selesai"],
        without_f03=without_f03,
        **numbers,
    )


# ── fields ──


def _numbers(form: Form, instrument: Instrument, but: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "sasaran" not in but:
        found["target"] = _number(form, "sasaran", comma_of(instrument.target))
    for name, field, example in (("reply_days", "sanggah", "7"), ("repair_days", "perbaikan", "60")):
        number = _number(form, field, example)
        if number is not None and (number != int(number) or not 0 <= number < 10_000):
            form.fault(field, NOT_A_NUMBER[field], example=example)
        found[name] = None if number is None or field in form.faults else int(number)
    return found


def _number(form: Form, field: str, example: str) -> Decimal | None:
    """A number as people write it, with a comma or a point."""
    try:
        number = Decimal(form.values.get(field, "").strip().replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(form.values.get(field, "")) > 20 or abs(number.adjusted()) > 6:
        form.fault(field, NOT_A_NUMBER[field], example=example)
        return None
    return number


def _without_f03(form: Form, instrument: Instrument) -> str:
    return form.values.get("tanpa_f03", "") if instrument.combination else ""


# ── who visits where ──


class Assigning(msgspec.Struct, frozen=True):
    """Where somebody is sent: units, or public services of units as `unit/service`."""

    places: tuple[tuple[str, str | None], ...]
    person: str
    team: str
    due_day: str


def read_assigning(form: Form, places: list[str]) -> Assigning | None:
    if not places:
        form.fault("tempat", "Pilih paling sedikit satu tempat.")
    form.text("pemeriksa", 60, "Pilih pemeriksanya.")
    form.text("tenggat", 10, "Tulis tenggatnya.")
    if form.faults:
        return None
    split = (place.partition("/") for place in dict.fromkeys(places))
    return Assigning(
        places=tuple((unit, service or None) for unit, _, service in split),
        person=form.values["pemeriksa"],
        team=form.values.get("tim", ""),
        due_day=form.values["tenggat"],
    )
