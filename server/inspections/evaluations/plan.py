"""Whether the plan of an evaluation holds together: its period, its numbers, its target on the instrument's scale."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import UNSET

from server.forms import tidied
from server.inspections.evaluations.wire import EvaluationChange, EvaluationPlan
from server.inspections.instrument import Instrument
from server.inspections.scoring import CONVENTIONS, comma_of
from server.inspections.tables import Evaluation
from server.problems import Problem

TITLE_MOST = 160
TEAM_MOST = 80
REASON_MOST = 500

FIRST_YEAR, LAST_YEAR = 2000, 2100
PERIOD_MOST_DAYS = 731
"""Two years, one of them a leap year."""

LATE_MOST_DAYS = 60
"""A visit may be due so many days after the period: verification takes its time."""

REPLY_DAYS = range(61)
REPAIR_DAYS = range(1, 401)

MOST_PLACES = 6

WITHOUT_F03 = ("incomplete", "f02_only")


def refused(field: str, what: str) -> Problem:
    return Problem("bad_evaluation", field=field, what=what)


def evaluation_facts(asked: EvaluationPlan, instrument: Instrument) -> dict[str, Any]:
    """The columns of a new evaluation."""
    first, last = period_in(asked.first_day, asked.last_day)
    by_default = instrument.combination.without_f03 if instrument.combination else WITHOUT_F03[0]
    return {
        "title": title_in(asked.title),
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "convention": _one_of("convention", asked.convention or instrument.convention, CONVENTIONS),
        "target": target_in(instrument.target if asked.target is None else asked.target, instrument),
        "reply_days": _within("reply_days", asked.reply_days, REPLY_DAYS),
        "repair_days": _within("repair_days", asked.repair_days, REPAIR_DAYS),
        "without_f03": _one_of("without_f03", asked.without_f03 or by_default, WITHOUT_F03),
    }


def changed_facts(
    asked: EvaluationChange, evaluation: Evaluation, instrument: Instrument, *, is_pinned: bool
) -> dict[str, Any]:
    """The columns that would be different. What a pinned score was made with stays as it is."""
    if asked.instrument is not UNSET or asked.convention is not UNSET:
        raise Problem(
            "wrong_state",
            what="Instrumen dan cara hitung evaluasi tidak dapat diganti. Rencanakan evaluasi baru.",
        )
    found: dict[str, Any] = {}
    if asked.title is not UNSET:
        found["title"] = title_in(asked.title)
    if asked.last_day is not UNSET:
        found["last_day"] = period_in(evaluation.first_day, asked.last_day)[1].isoformat()
    if asked.target is not UNSET:
        found["target"] = target_in(asked.target, instrument)
    if asked.reply_days is not UNSET:
        found["reply_days"] = _within("reply_days", asked.reply_days, REPLY_DAYS)
    if asked.repair_days is not UNSET:
        found["repair_days"] = _within("repair_days", asked.repair_days, REPAIR_DAYS)
    if asked.without_f03 is not UNSET:
        found["without_f03"] = _one_of("without_f03", asked.without_f03, WITHOUT_F03)
    changes = {name: fact for name, fact in found.items() if getattr(evaluation, name) != fact}
    if is_pinned and changes.keys() & {"target", "without_f03", "last_day"}:
        raise Problem(
            "wrong_state",
            what="Sudah ada nilai final dalam evaluasi ini, jadi sasaran, akhir periode, dan "
            "cara tanpa F-03 tidak dapat diubah lagi.",
        )
    return changes


def day_in(field: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise refused(field, f"“{tidied(text)[:20]}” bukan tanggal. Tulis seperti 2026-01-31.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise refused(field, f"Tahunnya harus antara {FIRST_YEAR} dan {LAST_YEAR}.")
    return day


def period_in(first_day: str, last_day: str) -> tuple[date, date]:
    first, last = day_in("first_day", first_day), day_in("last_day", last_day)
    if last < first:
        raise refused("last_day", "Periode berakhir sebelum mulai. Tukar kedua tanggalnya.")
    if (last - first).days >= PERIOD_MOST_DAYS:
        raise refused("last_day", "Periode paling lama dua tahun. Rencanakan evaluasi lain untuk sesudahnya.")
    return first, last


def due_day_in(text: str, evaluation: Evaluation) -> date:
    """When a visit is due: within the period, or not long after it."""
    due = day_in("due_day", text)
    latest = date.fromisoformat(evaluation.last_day) + timedelta(LATE_MOST_DAYS)
    if not date.fromisoformat(evaluation.first_day) <= due <= latest:
        raise refused("due_day", f"Tenggat harus dari {evaluation.first_day} sampai {latest.isoformat()}.")
    return due


def title_in(text: str) -> str:
    return _line("title", text, TITLE_MOST, "Tulis judul evaluasi, misalnya PEKPPP Mandiri 2026.")


def reason_in(text: str) -> str:
    return _line("reason", text, REASON_MOST, "Tulis alasannya.")


def team_in(text: str, instrument: Instrument) -> str:
    """The team of an assignment: one of the instrument's, where it names them."""
    team = _line("team", text, TEAM_MOST)
    if instrument.teams and team not in instrument.teams:
        raise refused("team", f"Tim pada instrumen ini salah satu dari: {'; '.join(instrument.teams)}.")
    return team


def target_in(target: Decimal, instrument: Instrument) -> Decimal:
    scale = instrument.scale
    is_on = target.is_finite() and scale.lowest <= target <= scale.highest
    if not is_on or target != round(target, MOST_PLACES):
        raise refused(
            "target",
            f"Sasaran harus pada skala {comma_of(scale.lowest)} sampai {comma_of(scale.highest)}.",
        )
    return target.normalize()


def _line(field: str, text: str, most: int, missing: str | None = None) -> str:
    line = tidied(text)
    if missing and not line:
        raise refused(field, missing)
    if len(line) > most:
        raise refused(field, f"Terlalu panjang: paling banyak {most} huruf.")
    return line


def _one_of(field: str, chosen: str, choices: Collection[str]) -> str:
    if chosen not in choices:
        raise refused(
            field, f"“{tidied(chosen)[:40]}” tidak dikenal. Pilih salah satu: {', '.join(choices)}."
        )
    return chosen


def _within(field: str, days: int, allowed: range) -> int:
    if days not in allowed:
        raise refused(field, f"Jumlah hari harus dari {allowed.start} sampai {allowed.stop - 1}.")
    return days
