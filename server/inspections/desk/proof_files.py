"""Evidence that goes with a reply or a repair: the files a form brings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from server.accounts.access import Viewer
from server.forms import Form, form_of, texts_of
from server.inspections.api import uuid_in
from server.inspections.desk.visit_form import HeldFile
from server.inspections.desk.visit_told import differs
from server.inspections.desk.visit_uploads import FILE_MOST_MB, bring, held_before
from server.inspections.evidence.media import ACCEPTED, KNOWN
from server.inspections.evidence.wire import EvidencePiece
from server.inspections.instrument import EvidenceKind
from server.pages import language_for
from server.problems import Problem
from server.texts import translator

Asking = Request[Any, Any, Any]

BODY_MOST_MB = 60
FILES_MOST = 10

_KINDS: tuple[EvidenceKind, ...] = ("photo", "video", "document")

OFFER = {
    "accepted": ",".join(ACCEPTED),
    "most_mb": FILE_MOST_MB,
    "files_most": FILES_MOST,
    "differs": differs,
}
"""What a page that shows evidence and asks for more tells its template."""


class Sheet(msgspec.Struct):
    """A form that may bring files, as it was sent."""

    form: Form
    form_id: UUID
    """One form, one id: what it adds is added once, however often it is sent."""
    held: list[HeldFile]
    refusal: Problem | None = None
    """Why a file was not taken."""

    @property
    def pieces(self) -> tuple[EvidencePiece, ...]:
        return tuple(
            EvidencePiece(id=uuid5(self.form_id, file.sha256), kind=_kind_of(file), sha256=file.sha256)
            for file in self.held
        )


async def sheet_sent(request: Asking, viewer: Viewer, now: datetime) -> Sheet:
    """Reads a form and keeps the files it brings, before anybody's turn to write: a refused form keeps its files."""
    multi = await request.form()
    texts = texts_of(multi)
    form = form_of(texts)
    state = request.app.state
    async with state.database.reading() as session:
        held = await held_before(session, viewer, texts.get("held", []))
    sheet = Sheet(form, uuid_in(form.values.get("id", ""), "bad_id"), held)
    for upload in multi.getall("evidence", []):
        if isinstance(upload, UploadFile):
            await _take(request, viewer, now, sheet, upload)
    sheet.held = list({file.sha256: file for file in sheet.held}.values())
    return sheet


async def _take(request: Asking, viewer: Viewer, now: datetime, sheet: Sheet, upload: UploadFile) -> None:
    state = request.app.state
    try:
        if len(sheet.held) >= FILES_MOST:
            raise Problem("bad_evidence", what=f"Lampirkan paling banyak {FILES_MOST} berkas.")
        sheet.held.append(await bring(state.database, state.evidence, viewer, now, upload))
    except Problem as problem:
        sheet.refusal = sheet.refusal or problem
        told = problem.told(translator(language_for(request)))
        sheet.form.fault("evidence", "%(name)s: %(said)s", name=upload.filename[:80], said=told)


def _kind_of(file: HeldFile) -> EvidenceKind:
    """What a file of its type shows: a picture is a photo."""
    return next(kind for kind in _KINDS if kind in KNOWN[file.media_type].kinds)


def blame(request: Asking, form: Form, refused: Problem, fields: Mapping[str, str]) -> None:
    """Puts a refusal at the field of the form it speaks of, or above the form."""
    field = "evidence" if refused.code == "bad_evidence" else refused.field or ""
    form.fault(fields.get(field, ""), "%(said)s", said=refused.told(translator(language_for(request))))
