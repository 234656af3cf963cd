"""Carries out the script of the rounds by the acts that everybody uses, in the order of time and one transaction.

Whatever the rooms refuse to people they refuse to the demo: a script that breaks a rule does not plant.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.database import milliseconds
from server.demo import rounds, storage
from server.demo.city import City
from server.demo.observing import Look, Seen, seen, ticked
from server.demo.phoning import Phones
from server.demo.rounds import COORDINATOR, TEAMS, Deed, script
from server.demo.scenes import document, picture, scene_for
from server.inspections.evaluations import acts as evaluations
from server.inspections.evaluations.plan import LATE_MOST_DAYS
from server.inspections.evaluations.wire import AssignmentPlan, EvaluationPlan, UnitsChosen
from server.inspections.evidence import storage as evidence
from server.inspections.evidence.files import Files, StoredFile
from server.inspections.evidence.wire import EvidencePiece
from server.inspections.followups import acts as follow_ups
from server.inspections.followups.wire import SentClosure, SentPostponement, SentRepair
from server.inspections.instrument import Indicator, Instrument
from server.inspections.replies import acts as replies
from server.inspections.replies.wire import SentDecision, SentReply
from server.inspections.scores import deciding
from server.inspections.scores.wire import Finalisation, Settling
from server.inspections.storage import evaluation_seen_by, instrument_of, locus_seen_by
from server.inspections.users import sheet as sheets
from server.inspections.users.intake import take_in
from server.inspections.users.storage import users_form
from server.inspections.visits import acts as visits
from server.inspections.visits.wire import SentFinding, SentFindings, SentReturn, SentVisit
from server.phones import Rooms
from server.settings import Settings
from server.uuid7 import uuid7

Progress = Callable[[str, int, int], None]

_REPLIES = (
    "Perbaikan sudah selesai sebelum kunjungan; foto terbaru kami lampirkan.",
    "Butir ini tersedia di lantai dua, mungkin terlewat saat kunjungan. Mohon dilihat lagi.",
)
_UPHELD = "Bukti unit dapat diterima; nilainya disesuaikan."
_KEPT = "Keadaan pada hari kunjungan yang dinilai; perbaikan dicatat sebagai tindak lanjut."
_SETTLED = "Papan terpasang di sisi timur gedung, sesuai foto tim pertama."
_MENDED = "Sudah diperbaiki sesuai catatan pemeriksa; bukti sesudah perbaikan terlampir."
_SEEN = "Sudah dilihat di tempat."
_PUT_OFF = "Menunggu anggaran perubahan; jadwal pengerjaan sudah ditetapkan."
_ENDED = "Semua nilai sudah final dan berita acara sudah ditandatangani."


class Inspecting:
    """The demo's people at work: what they have begun, and the files they have brought."""

    def __init__(
        self,
        settings: Settings,
        city: City,
        rooms: Rooms,
        session: AsyncSession,
        viewers: Mapping[str, Viewer],
    ) -> None:
        self._settings = settings
        self._city = city
        self._session = session
        self._viewers = viewers
        self._files = Files(settings.data / "evidence")
        self._phones = Phones(settings.secret, city.seed, rooms)
        self._stored: dict[str, StoredFile] = {}
        self._brought: set[tuple[str, int]] = set()
        self._evaluations: dict[str, int] = {}
        self._visits: dict[str, UUID] = {}
        self._names = {unit.slug: unit.name for unit in city.units}

    async def carry_out(self, deeds: list[Deed], progress: Progress) -> None:
        for done, deed in enumerate(deeds, 1):
            await self._do(deed)
            progress("Menanam pemeriksaan", done, len(deeds))

    async def _do(self, deed: Deed) -> None:
        match deed:
            case rounds.Planned():
                await self._plan(deed)
            case rounds.Assigned():
                await self._assign(deed)
            case rounds.Visited():
                await self._visit(deed)
            case rounds.Sent():
                await self._send(deed)
            case rounds.Submitted(at, look):
                await visits.submit(self._session, self._seer(look), at, self._visit_id(look))
            case rounds.Verified(at, look):
                await visits.verify(self._session, self._coordinator, at, self._visit_id(look))
            case rounds.Returned(at, look, reasons):
                sent = SentReturn(reasons, "Mohon dilengkapi, selebihnya sudah baik.")
                await visits.send_back(self._session, self._coordinator, at, self._visit_id(look), sent)
            case rounds.Replied():
                await self._reply(deed)
            case rounds.Decided():
                await self._decide(deed)
            case rounds.Settled():
                await self._settle(deed)
            case rounds.Finalised():
                await self._finalise(deed)
            case rounds.Asked():
                await self._ask(deed)
            case rounds.Repaired() | rounds.Closed() | rounds.PutOff():
                await self._follow_up(deed)
            case rounds.Ended(at, name):
                await evaluations.close_evaluation(
                    self._session, self._coordinator, at, self._evaluations[name], _ENDED
                )

    # ── planning ──

    async def _plan(self, deed: rounds.Planned) -> None:
        asked = EvaluationPlan(deed.title, deed.instrument, deed.first.isoformat(), deed.last.isoformat())
        made = await evaluations.plan_evaluation(self._session, self._coordinator, deed.at, asked)
        self._evaluations[deed.round] = made.id
        chosen = UnitsChosen(units=list(deed.units))
        await evaluations.add_units(self._session, self._coordinator, deed.at, made.id, chosen)
        await storage.draw_codes(self._session, made.id, f"{self._city.seed}/{deed.round}/codes")

    async def _assign(self, deed: rounds.Assigned) -> None:
        look, evaluation_id = deed.look, self._evaluations[deed.look.round]
        evaluation = await evaluation_seen_by(self._session, self._coordinator, evaluation_id)
        latest = date.fromisoformat(evaluation.last_day) + timedelta(days=LATE_MOST_DAYS)
        asked = AssignmentPlan(
            unit=look.unit,
            person=look.person,
            due_day=min(deed.due, latest).isoformat(),
            service=look.service,
            team=TEAMS[look.person] if look.round == rounds.MONEV else "",
        )
        await evaluations.assign(self._session, self._coordinator, deed.at, evaluation_id, asked)

    # ── visiting ──

    async def _visit(self, deed: rounds.Visited) -> None:
        look, at, viewer = deed.look, deed.at, self._seer(deed.look)
        visit_id = self._visits[look.key] = self._id(at, look.key)
        evaluation_id = self._evaluations[look.round]
        sent = SentVisit(
            evaluation_id, look.unit, at, look.service, "F-01" if look.form == "F-01" else "F-02"
        )
        await visits.accept_visit(self._session, viewer, at, visit_id, sent)
        found = list(seen(self._city.seed, await self._instrument(look.round), look))
        findings = {}
        for place, (indicator, one) in enumerate(found[: round(deed.part * len(found))]):
            observed_at = at + timedelta(minutes=3 * place)
            pieces = await self._shown(look, viewer, indicator, one.level, observed_at)
            told = {**one.told, "observed_at": observed_at, "evidence": pieces}
            findings[indicator.key] = msgspec.convert(told, SentFinding)
        last = at + timedelta(minutes=3 * len(found))
        await visits.accept_findings(self._session, viewer, last, visit_id, SentFindings(findings))

    async def _send(self, deed: rounds.Sent) -> None:
        """A visit of an hour and a half, made without a network and sent whole."""
        look, author = deed.look, self._seer(deed.look)
        evaluation_id = self._evaluations[look.round]
        evaluation = await evaluation_seen_by(self._session, self._coordinator, evaluation_id)
        said = self._phones.clock_of(author, deed.at)
        started_at, finished_at = deed.at - timedelta(minutes=150), deed.at - timedelta(minutes=60)
        missing = deed.missing
        findings: dict[str, Any] = {}
        for place, (indicator, one) in enumerate(
            seen(self._city.seed, await self._instrument(look.round), look)
        ):
            observed_at, mark = said(started_at + timedelta(minutes=3 * place))
            pieces = await self._shown(look, author, indicator, one.level, observed_at)
            if missing and any(piece.kind == "photo" for piece in pieces):
                pieces = tuple(self._phones.lost(piece) for piece in pieces)
                missing -= 1
            findings[indicator.key] = {
                **one.told,
                "observed_at": observed_at,
                "clock": mark,
                "evidence": [{**msgspec.to_builtins(piece), "clock": mark} for piece in pieces],
            }
        body = {
            "person": author.username,
            "evaluation": evaluation_id,
            "unit": look.unit,
            "service": look.service,
            "form": look.form,
            "instrument": evaluation.edition,
            "started_at": said(started_at)[0],
            "finished_at": said(finished_at)[0],
            "clock": said(finished_at)[1],
            "note": "",
            "findings": findings,
        }
        visit_id = self._id(started_at, f"{look.key}/phone")
        await self._phones.send(self._session, author, deed.at, visit_id, body)

    async def _shown(
        self, look: Look, viewer: Viewer, indicator: Indicator, level: int, at: datetime
    ) -> tuple[EvidencePiece, ...]:
        """What proves a finding: what its rule asks for, and a photo of what is missing."""
        rule = indicator.evidence_rule
        if level == 0 and not indicator.is_on_site:
            return ()
        kind = rule.kinds[0] if rule else "photo"
        return (await self._piece(look.unit, viewer, indicator, kind, at, look.key),)

    async def _piece(
        self,
        unit: str,
        viewer: Viewer,
        indicator: Indicator,
        kind: str,
        at: datetime,
        purpose: str,
        *,
        is_mended: bool = False,
    ) -> EvidencePiece:
        piece_id = self._id(at, f"{purpose}/{indicator.key}")
        name = self._names[unit]
        if kind in {"observation", "interview"}:
            return EvidencePiece(
                piece_id, "observation", caption=f"Dilihat langsung di {name} saat kunjungan."
            )
        stored = await self._file(unit, viewer, indicator, kind, at, is_mended=is_mended)
        return EvidencePiece(
            piece_id,
            msgspec.convert(kind, type=Any),
            sha256=stored.sha256,
            caption=f"{indicator.name[:120]}, {name}" + (", sesudah diperbaiki" if is_mended else ""),
            captured_at=at,
            source="camera" if kind == "photo" else "file",
        )

    async def _file(
        self, unit: str, viewer: Viewer, indicator: Indicator, kind: str, at: datetime, *, is_mended: bool
    ) -> StoredFile:
        """The picture somebody takes there on that day, or the unit's document; stored once."""
        scene = {"document": "dokumen", "screenshot": "layar"}.get(kind) or scene_for(indicator.name)
        taken = unit if kind == "document" else f"{unit}/{viewer.username}/{at:%Y-%m-%d}"
        key = f"{taken}/{scene}/{is_mended}"
        ending = "pdf" if kind == "document" else "png"
        if key not in self._stored:
            content = (
                document("Bukti dukung", [self._names[unit], self._city.name, "Dokumen contoh."])
                if kind == "document"
                else picture(scene, taken, is_mended=is_mended)
            )
            self._stored[key] = await self._files.receive(_once(content), hashlib.sha256(content).hexdigest())
        stored = self._stored[key]
        if (key, viewer.person_id) not in self._brought:
            self._brought.add((key, viewer.person_id))
            name = f"{scene.replace(' ', '-')}-{unit}.{ending}"
            await evidence.hold(self._session, viewer, at, stored, name)
        return stored

    # ── answering and deciding ──

    async def _reply(self, deed: rounds.Replied) -> None:
        indicator, _ = await self._weakest(deed)
        officer = self._officer(deed.look.unit)
        kind = indicator.evidence_rule.kinds[0] if indicator.evidence_rule else "photo"
        piece = await self._piece(
            deed.look.unit, officer, indicator, kind, deed.at, f"{deed.look.key}/reply", is_mended=True
        )
        sent = SentReply(_REPLIES[deed.place % len(_REPLIES)], (piece,))
        await replies.answer(
            self._session,
            officer,
            deed.at,
            self._visit_id(deed.look),
            indicator.key,
            self._reply_id(deed),
            sent,
        )

    async def _decide(self, deed: rounds.Decided) -> None:
        _, one = await self._weakest(deed.reply)
        sent = (
            SentDecision("upheld", _UPHELD, one.level + 1) if deed.is_upheld else SentDecision("kept", _KEPT)
        )
        await replies.decide(self._session, self._coordinator, deed.at, self._reply_id(deed.reply), sent)

    async def _weakest(self, deed: rounds.Replied) -> tuple[Indicator, Seen]:
        found = seen(self._city.seed, await self._instrument(deed.look.round), deed.look)
        counted = [(indicator, one) for indicator, one in found if not indicator.is_optional]
        return sorted(counted, key=lambda pair: pair[1].level)[deed.place]

    async def _settle(self, deed: rounds.Settled) -> None:
        evaluation_id = self._evaluations[deed.look.round]
        evaluation = await evaluation_seen_by(self._session, self._coordinator, evaluation_id)
        _, unit = await locus_seen_by(self._session, self._coordinator, evaluation_id, deed.look.unit)
        sent = Settling(_SETTLED, deed.value)
        await deciding.settle(
            self._session, self._coordinator, deed.at, evaluation, unit, deed.indicator, sent
        )

    async def _finalise(self, deed: rounds.Finalised) -> None:
        evaluation_id = self._evaluations[deed.round]
        evaluation = await evaluation_seen_by(self._session, self._coordinator, evaluation_id)
        _, unit = await locus_seen_by(self._session, self._coordinator, evaluation_id, deed.unit)
        await deciding.finalise(self._session, self._coordinator, deed.at, evaluation, unit, Finalisation())

    async def _ask(self, deed: rounds.Asked) -> None:
        code = await storage.code_of(self._session, self._evaluations[deed.round], deed.unit)
        form = await users_form(self._session, code)
        questions = sheets.form_of(form.instrument)
        number = hashlib.sha256(f"{self._city.seed}/{code}/{deed.number}".encode()).digest()
        opened = deed.at - timedelta(minutes=4)
        token = sheets.page_token(self._settings.secret, code, opened, number[:9]) if deed.has_token else ""
        answers = sheets.checked(form.instrument, ticked(self._city.seed, questions, deed.unit, deed.number))
        sheet_id = uuid7(milliseconds(opened), number[9:19])
        await take_in(self._settings, self._session, deed.at, form, sheet_id, token, answers)

    # ── putting right ──

    async def _follow_up(self, deed: rounds.Repaired | rounds.Closed | rounds.PutOff) -> None:
        evaluation_id = self._evaluations[deed.round]
        found = await storage.follow_up_at(self._session, evaluation_id, deed.unit, deed.place)
        if found is None:
            return
        number, key = found
        match deed:
            case rounds.Repaired():
                indicator = (await self._instrument(deed.round)).indicator(key)
                assert indicator is not None
                officer = self._officer(deed.unit)
                kind = indicator.evidence_kinds[0] if not indicator.is_on_site else "photo"
                piece = await self._piece(
                    deed.unit, officer, indicator, kind, deed.at, f"repair/{number}", is_mended=True
                )
                await follow_ups.repair(
                    self._session, officer, deed.at, number, SentRepair(_MENDED, (piece,))
                )
            case rounds.Closed():
                await follow_ups.close(self._session, self._coordinator, deed.at, number, SentClosure(_SEEN))
            case rounds.PutOff():
                sent = SentPostponement(deed.until, _PUT_OFF)
                await follow_ups.postpone(self._session, self._coordinator, deed.at, number, sent)

    # ── who and which ──

    @property
    def _coordinator(self) -> Viewer:
        return self._viewers[COORDINATOR]

    def _officer(self, unit: str) -> Viewer:
        return self._viewers[unit]

    def _seer(self, look: Look) -> Viewer:
        return self._viewers[look.person] if look.person else self._officer(look.unit)

    async def _instrument(self, name: str) -> Instrument:
        evaluation = await evaluation_seen_by(self._session, self._coordinator, self._evaluations[name])
        return await instrument_of(self._session, evaluation.edition)

    def _visit_id(self, look: Look) -> UUID:
        return self._visits[look.key]

    def _reply_id(self, deed: rounds.Replied) -> UUID:
        return self._id(deed.at, f"{deed.look.key}/reply/{deed.place}")

    def _id(self, at: datetime, what: str) -> UUID:
        """The id that the phone of whoever did this would have made: always the same."""
        return uuid7(milliseconds(at), hashlib.sha256(f"{self._city.seed}/{what}".encode()).digest()[:10])


async def inspect(
    settings: Settings, city: City, rooms: Rooms, session: AsyncSession, now: datetime, progress: Progress
) -> None:
    """Plants all rounds of inspection."""
    deeds = script(city, now)
    progress("Menanam pemeriksaan", 0, len(deeds))
    viewers = await storage.viewers(session)
    await Inspecting(settings, city, rooms, session, viewers).carry_out(deeds, progress)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
