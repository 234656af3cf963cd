"""Addresses of replies and the decisions on them."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.inspections.api import (
    Asking,
    answer,
    page_asked,
    page_of,
    sent_as,
    uuid_in,
)
from server.inspections.asked import evaluation_asked, unit_asked
from server.inspections.replies import acts, storage
from server.inspections.replies.told import told
from server.inspections.replies.wire import SentDecision, SentReply
from server.inspections.tables import Reply

Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]


@put(
    "/api/inspections/visits/{visit_id:str}/findings/{indicator:str}/replies/{reply_id:str}",
    access=Access.ANSWER_FINDINGS,
)
async def answer_finding(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    visit_id: FromPath[str],
    indicator: FromPath[str],
    reply_id: FromPath[str],
) -> Response[bytes]:
    """A unit answers a finding; sent again it is the same reply."""
    sent = await sent_as(request, SentReply)
    number, visit = uuid_in(reply_id, "bad_id"), uuid_in(visit_id, "unknown_visit")
    reply, is_new = await acts.answer(writing, viewer, now, visit, indicator, number, sent)
    return await _answered(writing, reply, is_new)


@post("/api/inspections/replies/{reply_id:str}/decision", access=Access.VERIFY_VISITS)
async def decide_reply(
    request: Asking, writing: Session, viewer: Seer, now: Now, reply_id: FromPath[str]
) -> Response[bytes]:
    """The finding stands, or another value holds; whoever recorded the visit does not decide on it."""
    sent = await sent_as(request, SentDecision)
    number = uuid_in(reply_id, "unknown_reply")
    reply, is_new = await acts.decide(writing, viewer, now, number, sent)
    return await _answered(writing, reply, is_new)


@get("/api/inspections/replies", access=Access.SEE_INSPECTIONS)
async def list_replies(request: Asking, reading: Session, viewer: Seer) -> Response[bytes]:
    """The replies a viewer may see, the longest waiting first."""
    most, after = page_asked(request)
    replies = await storage.replies_wanted(
        reading,
        viewer,
        evaluation_id=await evaluation_asked(request, reading, viewer),
        unit_id=await unit_asked(request, reading, viewer),
        only_open=request.query_params.get("open") == "1",
        after=uuid_in(after, "unknown_reply") if after else None,
        most=most + 1,
    )
    lines = await storage.answered(reading, replies)
    return answer(page_of(lines, most, told, lambda line: line.reply.id))


routes: list[Any] = [answer_finding, decide_reply, list_replies]


async def _answered(session: AsyncSession, reply: Reply, is_new: bool) -> Response[bytes]:
    return answer(told((await storage.answered(session, [reply]))[0]), 201 if is_new else 200)
