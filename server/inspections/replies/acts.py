"""Answering a finding and deciding on the answer: the same for every program and every page."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.inspections.decide import said as told_by
from server.inspections.evidence import storage as evidence
from server.inspections.evidence.wire import EvidencePiece
from server.inspections.instrument import Instrument
from server.inspections.replies import storage
from server.inspections.replies.told import number_told
from server.inspections.replies.window import window
from server.inspections.replies.wire import (
    REASON_LEAST,
    REASON_MOST,
    TEXT_LEAST,
    TEXT_MOST,
    SentDecision,
    SentReply,
)
from server.inspections.said import said
from server.inspections.scoring import BadFinding, Observed, judge
from server.inspections.storage import SELF_ASSESSMENT, findings_of, instrument_of, judged
from server.inspections.tables import Evaluation, Reply, Visit
from server.inspections.visit import FINAL, VERIFIED
from server.problems import Problem
from server.texts import SOURCE, long_date
from server.units.tables import Unit


async def answer(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit_id: UUID,
    indicator: str,
    reply_id: UUID,
    sent: SentReply,
) -> tuple[Reply, bool]:
    """A unit answers a finding; whether the reply is new: sent again it is the same one. Raises Problem."""
    text = said(sent.text, "tanggapan", "text", TEXT_LEAST, TEXT_MOST)
    visit, evaluation, unit = await storage.visit_to_answer(session, viewer, visit_id)
    found = await storage.indicator_found(session, visit, evaluation, indicator)
    if kept := await session.get(Reply, reply_id):
        if not await _is_same(session, kept, viewer, visit, indicator, text, sent.evidence):
            raise Problem("id_taken")
        # adds nothing: it refuses a piece that is not what its id stands for
        await evidence.attach(session, viewer, now, visit, found, "reply", sent.evidence, kept.id)
        return kept, False
    refuse_unanswerable(visit, evaluation, unit, now)
    if await storage.undecided_reply(session, visit.id, indicator):
        raise Problem(
            "wrong_state",
            what="Tanggapan Anda atas temuan ini belum diputuskan. Tunggu putusannya sebelum menanggapi lagi.",
        )
    reply = await storage.store_reply(session, viewer, now, visit, indicator, reply_id, text)
    await evidence.attach(session, viewer, now, visit, found, "reply", sent.evidence, reply.id)
    await audit.record(
        session,
        now,
        viewer,
        "finding_answered",
        f"visit {visit.id}/{indicator}",
        reply=reply.id,
        text=text,
        evidence=[piece.id for piece in sent.evidence],
    )
    return reply, True


async def decide(
    session: AsyncSession, viewer: Viewer, now: datetime, reply_id: UUID, sent: SentDecision
) -> tuple[Reply, bool]:
    """The finding stands, or another value holds; whoever recorded the visit does not decide on it. Whether the
    decision is new. Raises Problem."""
    reason = said(sent.reason, "alasan putusan", "reason", REASON_LEAST, REASON_MOST)
    reply = await storage.reply_seen_by(session, viewer, reply_id)
    visit, evaluation, _ = await storage.visit_to_answer(session, viewer, reply.visit_id)
    await session.refresh(reply)  # whoever was first to hold the visit may have decided
    refuse_own(viewer, visit, reply)
    instrument = await instrument_of(session, evaluation.edition)
    value = _value_decided(instrument, reply, sent, reason)
    if (reply.outcome, reply.decided_value, reply.decision) == (sent.outcome, value, reason):
        return reply, False
    refuse_undecidable(visit, reply)
    await storage.decide(session, viewer, now, reply, sent.outcome, value, reason)
    if sent.outcome == "upheld":
        await storage.settle(
            session, viewer, now, reply, visit, reason, await _found(session, instrument, reply)
        )
    await audit.record(
        session,
        now,
        viewer,
        "reply_decided",
        f"visit {visit.id}/{reply.indicator}",
        reply=reply.id,
        reason=reason,
        after={"outcome": sent.outcome, "value": number_told(value)},
    )
    return reply, True


async def _found(session: AsyncSession, instrument: Instrument, reply: Reply) -> str:
    """What the visit says at the indicator that was answered."""
    findings = (await findings_of(session, [reply.visit_id]))[reply.visit_id]
    return told_by(judged(instrument, findings)[reply.indicator])


def refuse_own(viewer: Viewer, visit: Visit, reply: Reply) -> None:
    if viewer.person_id in (visit.person_id, reply.replied_by):
        raise Problem("own_work")


def refuse_unanswerable(visit: Visit, evaluation: Evaluation, unit: Unit, now: datetime) -> None:
    if visit.state == FINAL:
        raise Problem("final")
    if visit.form == SELF_ASSESSMENT:
        raise Problem("wrong_state", what="Penilaian mandiri adalah isian unit sendiri. Perbaiki isiannya.")
    if visit.state != VERIFIED or visit.verified_at is None:
        raise Problem("wrong_state", what="Temuan ini belum diverifikasi. Tanggapi sesudah diverifikasi.")
    answerable = window(visit.verified_at, evaluation.reply_days, unit.zone)
    if not answerable.is_open(now):
        last_day = long_date(answerable.last_day, SOURCE)
        raise Problem(
            "closed_reply",
            what=f"Temuan ini dapat ditanggapi sampai {last_day}. Hubungi koordinator bila ada kekeliruan.",
            extra={"last_day": str(answerable.last_day)},
        )


def refuse_undecidable(visit: Visit, reply: Reply) -> None:
    if visit.state == FINAL:
        raise Problem("final")
    if reply.outcome is not None:
        raise Problem("wrong_state", what="Tanggapan ini sudah diputuskan dan putusannya tidak diubah.")
    if visit.state != VERIFIED:
        raise Problem(
            "wrong_state",
            what="Kunjungan ini sedang dikembalikan. Putuskan tanggapannya sesudah diverifikasi lagi.",
        )


async def _is_same(
    session: AsyncSession,
    kept: Reply,
    viewer: Viewer,
    visit: Visit,
    indicator: str,
    text: str,
    sent: Sequence[EvidencePiece],
) -> bool:
    """Whether a reply sent again says what it said, with the same pieces."""
    pieces = (await storage.evidence_of(session, [kept]))[kept.id]
    said_before = (kept.visit_id, kept.indicator, kept.replied_by, kept.text, {piece.id for piece in pieces})
    return said_before == (visit.id, indicator, viewer.person_id, text, {piece.id for piece in sent})


def _value_decided(instrument: Instrument, reply: Reply, sent: SentDecision, reason: str) -> Decimal | None:
    """The value that holds from now on, as the instrument takes it; None: the finding stands, or nothing applies."""
    is_given = sent.value is not None or sent.not_applicable
    if sent.outcome == "kept":
        if is_given:
            raise Problem("bad_form", field="value", what="Temuan yang tetap tidak diberi nilai baru.")
        return None
    if not is_given:
        raise Problem("bad_form", field="value", what="Isi nilai yang berlaku sesudah tanggapan diterima.")
    indicator = instrument.indicator(reply.indicator)
    assert indicator is not None, "a reply to what the instrument does not know"
    number = None if sent.value is None else Decimal(sent.value)
    observed = Observed(value=number, is_not_applicable=sent.not_applicable, note=reason)
    try:
        value = judge(instrument, indicator, observed).value
    except BadFinding as error:
        raise Problem(
            "bad_finding", field="value", what=error.detail, extra={"reason": error.code}
        ) from error
    # "4.000" is 4: the same decision sent again is the same
    return None if value is None else value.normalize()
