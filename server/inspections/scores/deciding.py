"""Settling what visits disagree about, and making a unit's score final: each one transaction, held against others."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.inspections.instrument import Instrument
from server.inspections.replies.storage import replies_of
from server.inspections.scores import storage
from server.inspections.scores.gather import Group, Scored
from server.inspections.scores.proof import document_of
from server.inspections.scores.ready import Below, Patience, Replied, below_target, refuse_unready
from server.inspections.scores.told import value_told
from server.inspections.scores.wire import Finalisation, Settling
from server.inspections.scoring import BadFinding, Judged, Observed, judge
from server.inspections.tables import Evaluation, FollowUp, PinnedScore, Settlement
from server.problems import Problem
from server.texts import readable
from server.units.tables import Unit

REASON_LEAST = 10
TEXT_MOST = 2000
OWNER_MOST = 120

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


async def settle(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    evaluation: Evaluation,
    unit: Unit,
    indicator: str,
    sent: Settling,
) -> None:
    """Writes which value holds at an indicator where visits disagree. Raises Problem."""
    reason = _reason(sent.reason)
    await storage.hold(session, evaluation, unit.id)
    scored = await storage.score_of_unit(session, evaluation, unit)
    if scored.is_final:
        raise Problem("final")
    group = _group(scored, sent.service)
    value = _value(scored.result.instrument, indicator, sent, reason)
    dispute = next((one for one in group.agreement.disagreements if one.indicator == indicator), None)
    if dispute is None:
        raise Problem(
            "wrong_state",
            what=f"Tidak ada yang perlu ditetapkan: kunjungan tidak berselisih pada indikator {indicator}.",
        )
    if viewer.person_id in {visit.person_id for visit in group.visits}:
        raise Problem("own_work")
    before = group.settled.get(indicator) if dispute.is_settled else None
    await storage.settle(
        session,
        Settlement(
            evaluation_id=evaluation.id,
            unit_id=unit.id,
            service_id=group.service.id if group.service else None,
            indicator=indicator,
            value=value.value,
            reason=reason,
            cause="dispute",
            over=msgspec.json.encode(dispute.over).decode(),
            settled_at=now,
            settled_by=viewer.person_id,
        ),
    )
    await audit.record(
        session,
        now,
        viewer,
        "dispute_settled",
        f"evaluation {evaluation.id}/{unit.slug}/{indicator}",
        reason=reason,
        service=sent.service,
        before=before and {"value": before.value},
        after=value_told(value),
    )


def _reason(text: str) -> str:
    reason = readable(text)
    if not REASON_LEAST <= len(reason) <= TEXT_MOST:
        raise Problem(
            "bad_form", what=f"Tulis alasannya, paling sedikit {REASON_LEAST} huruf.", field="reason"
        )
    return reason


def _group(scored: Scored, service: str | None) -> Group:
    """The visits that a settlement speaks of."""
    for group in scored.groups:
        if service == (group.service.slug if group.service else None):
            return group
    if service is not None:
        raise Problem("unknown_public_service")
    if any(group.service for group in scored.groups):
        raise Problem("bad_form", what="Sebutkan layanannya.", field="service")
    raise Problem("wrong_state", what="Belum ada kunjungan terverifikasi, jadi belum ada yang ditetapkan.")


def _value(instrument: Instrument, key: str, sent: Settling, reason: str) -> Judged:
    indicator = instrument.indicator(key)
    if indicator is None:
        raise Problem("bad_finding", what=f"Instrumen ini tidak memuat indikator “{key}”.", field="indicator")
    observed = Observed(value=_decimal(sent.value), is_not_applicable=sent.not_applicable, note=reason)
    if not observed.is_filled:
        raise Problem("bad_finding", what="Isi nilai yang berlaku.", field="value")
    try:
        return judge(instrument, indicator, observed)
    except BadFinding as bad:
        raise Problem("bad_finding", what=bad.detail, field="value") from bad


def _decimal(value: int | str | None) -> Decimal | None:
    if value is None:
        return None
    if _NUMBER.fullmatch(str(value)) is None:
        raise Problem(
            "bad_finding", what="Tulis nilai sebagai bilangan, misalnya 3 atau “2.5”.", field="value"
        )
    return Decimal(value)


async def finalise(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    evaluation: Evaluation,
    unit: Unit,
    sent: Finalisation,
) -> bool:
    """Pins a unit's score with all it was made from; False: it was final already. Raises Problem."""
    note = _note(sent)
    await storage.hold(session, evaluation, unit.id)
    scored = await storage.score_of_unit(session, evaluation, unit)
    if scored.is_final:
        return False
    if viewer.person_id in {visit.person_id for visit in scored.material.visits if visit.is_counting}:
        raise Problem("own_work")
    refuse_unready(
        scored,
        await _replied(session, scored),
        Patience(evaluation.reply_days, unit.zone, now, sent.waive_window),
    )
    today = now.astimezone(ZoneInfo(unit.zone)).date()
    due_day = str(today + timedelta(days=evaluation.repair_days))
    instrument = scored.result.instrument
    follow_ups = [
        _follow_up(evaluation, unit, one, due_day, now)
        for one in below_target(instrument, scored, evaluation.target)
    ]
    score = _pinned(evaluation, unit, scored, viewer, now)
    await storage.pin(session, score, follow_ups, note)
    await audit.record(
        session,
        now,
        viewer,
        "score_pinned",
        f"evaluation {evaluation.id}/{unit.slug}",
        reason=note,
        waived_window=sent.waive_window,
        before=None,
        after={
            "index": score.index,
            "category": score.category,
            "edition": score.edition,
            "follow_ups": len(follow_ups),
        },
    )
    return True


async def _replied(session: AsyncSession, scored: Scored) -> list[Replied]:
    # what was answered at a visit that was set aside needs no decision any more
    visits = [visit.id for visit in scored.material.visits if visit.is_counting or visit.is_waiting]
    replies = await replies_of(session, visits)
    return [
        Replied(visit_id, reply.indicator, reply.outcome is not None)
        for visit_id, of_visit in replies.items()
        for reply in of_visit
    ]


def _note(sent: Finalisation) -> str:
    note = readable(sent.note)
    if sent.waive_window and len(note) < REASON_LEAST:
        raise Problem(
            "bad_form",
            what=f"Tulis alasan mengesampingkan masa sanggah, paling sedikit {REASON_LEAST} huruf.",
            field="note",
        )
    if len(note) > TEXT_MOST:
        raise Problem("bad_form", what=f"Catatan paling banyak {TEXT_MOST} huruf.", field="note")
    return note


def _pinned(evaluation: Evaluation, unit: Unit, scored: Scored, viewer: Viewer, now: datetime) -> PinnedScore:
    instrument, inputs = scored.result.instrument, scored.result.inputs
    document = document_of(instrument, inputs)
    told: dict[str, Any] = msgspec.json.decode(document)
    return PinnedScore(
        evaluation_id=evaluation.id,
        unit_id=unit.id,
        edition=evaluation.edition,
        inputs=msgspec.json.encode(inputs).decode(),
        index=Decimal(told["index"]),
        conversion=told["conversion"] and Decimal(told["conversion"]),
        category=told["category"] or "",
        document=document,
        pinned_at=now,
        pinned_by=viewer.person_id,
    )


def _follow_up(evaluation: Evaluation, unit: Unit, below: Below, due_day: str, now: datetime) -> FollowUp:
    return FollowUp(
        evaluation_id=evaluation.id,
        unit_id=unit.id,
        service_id=below.service_id,
        visit_id=below.visit_id,
        indicator=below.indicator,
        value=below.value,
        target=evaluation.target,
        owner=unit.name[:OWNER_MOST],
        due_day=due_day,
        state="open",
        opened_at=now,
    )
