"""Whether a unit's score can be made final, and what is to be put right once it is.

Pure. What still stands in the way is raised as the refusal a person reads.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from server.inspections.instrument import Instrument
from server.inspections.replies.window import Window, window
from server.inspections.scores.gather import Looked, Scored
from server.inspections.scoring import is_counted
from server.inspections.visit import STATES
from server.problems import Problem
from server.texts import SOURCE, long_date


class Replied(msgspec.Struct, frozen=True):
    """A unit's reply to a finding, as far as a final score depends on it."""

    visit_id: UUID
    indicator: str
    is_decided: bool


class Patience(msgspec.Struct, frozen=True):
    """For how many days a unit may answer its findings, where it stands, and whether the bureau waives the rest."""

    reply_days: int
    zone: str
    now: datetime
    is_waived: bool = False

    def window_of(self, visit: Looked) -> Window:
        assert visit.verified_at is not None
        return window(visit.verified_at, self.reply_days, self.zone)


class Below(msgspec.Struct, frozen=True):
    """A value below the evaluation's target, and the visit that found it."""

    indicator: str
    service_id: int | None
    visit_id: UUID
    value: Decimal


def refuse_unready(score: Scored, replies: Sequence[Replied], patience: Patience) -> None:
    """Raises Problem for the first thing that stands in the way of a final score."""
    _refuse_unverified(score.material.visits)
    _refuse_disputed(score)
    _refuse_undecided(replies)
    _refuse_too_soon(patience, score, replies)
    _refuse_incomplete(score)


def _refuse_unverified(visits: Sequence[Looked]) -> None:
    if waiting := [visit for visit in visits if visit.is_waiting]:
        told = ", ".join(f"{visit.team or visit.person} ({STATES[visit.state]})" for visit in waiting)
        raise Problem(
            "wrong_state",
            what=f"Belum semua kunjungan terverifikasi: {told}. Selesaikan dan verifikasi dahulu; "
            "kunjungan yang tidak akan dilanjutkan harus dibatalkan.",
            extra={"visits": [str(visit.id) for visit in waiting]},
        )


def _refuse_disputed(score: Scored) -> None:
    disputed = [
        (group.service.name if group.service else "", key)
        for group in score.groups
        for key in group.agreement.disputed
    ]
    if disputed:
        told = ", ".join(f"{key} ({name})" if name else key for name, key in disputed)
        raise Problem(
            "disputed",
            what=f"Hasil kunjungan masih berbeda pada indikator {told}. Tetapkan nilainya dahulu.",
            extra={"indicators": [key for _, key in disputed]},
        )


def _refuse_undecided(replies: Sequence[Replied]) -> None:
    if waiting := list(dict.fromkeys(reply.indicator for reply in replies if not reply.is_decided)):
        raise Problem(
            "wrong_state",
            what=f"Tanggapan unit atas indikator {', '.join(waiting)} belum diputuskan. Putuskan dahulu.",
            extra={"indicators": waiting},
        )


def _refuse_too_soon(patience: Patience, score: Scored, replies: Sequence[Replied]) -> None:
    last_day = None if patience.is_waived else last_reply_day(patience, score, replies)
    if last_day is not None:
        raise Problem(
            "wrong_state",
            what=f"Unit masih dapat menanggapi temuan sampai {long_date(last_day, SOURCE)}. "
            "Tunggu sampai lewat, atau kesampingkan masa sanggah dengan menulis alasannya.",
            field="waive_window",
        )


def last_reply_day(patience: Patience, score: Scored, replies: Sequence[Replied]) -> date | None:
    """Until when the unit may still answer a finding; None: there is nothing left to answer, or no time."""
    decided = {(reply.visit_id, reply.indicator) for reply in replies if reply.is_decided}
    highest = score.result.instrument.scale.highest
    windows = [
        patience.window_of(visit)
        for visit in score.material.visits
        # where everything has its highest value, or was answered and decided, there is nothing left to say
        if visit.is_counting
        and any(
            judged.value is not None and judged.value < highest and (visit.id, key) not in decided
            for key, judged in visit.values.items()
        )
    ]
    return max((one.last_day for one in windows if one.is_open(patience.now)), default=None)


def _refuse_incomplete(score: Scored) -> None:
    if score.result.index is None:
        raise Problem("incomplete_visit", what=f"Nilai belum dapat difinalkan: {score.result.status}.")


def below_target(instrument: Instrument, score: Scored, target: Decimal) -> Iterator[Below]:
    """Every counted value below the target, service by service, in the order of the form."""
    for group, product in zip(score.groups, score.result.inputs.products, strict=True):
        for _, indicator in instrument.indicators:
            judged = product.values.get(indicator.key)
            if judged is None or judged.value is None or not is_counted(indicator):
                continue
            if judged.value < target:
                yield Below(
                    indicator.key,
                    group.service.id if group.service else None,
                    group.visit_that_said(indicator.key, judged.value).id,
                    judged.value,
                )
