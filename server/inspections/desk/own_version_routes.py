"""Making a version of the city's own: first what it would change, then all of it or nothing."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form, fingerprint, keep_private, sent, show_again
from server.inspections.desk.instrument_routes import INSTRUMENTS, ONE
from server.inspections.desk.instrument_words import plain, shares, weight_sums
from server.inspections.desk.own_version_form import REASON_MOST, names_of, offered, read_version
from server.inspections.difference import difference
from server.inspections.editions import publishing
from server.inspections.editions import storage as editions
from server.inspections.editions.storage import Published
from server.inspections.instrument import Instrument, sha256_of
from server.inspections.storage import instrument_at
from server.pages import page, see_other
from server.problems import Problem

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

VERSION_TAKEN = "Nama versi ini sudah dipakai. Pilih nama lain; isian yang lain tetap ada."

_FORM = "staff/instruments_own.html"
_EFFECT = "staff/instruments_own_effect.html"


@get(ONE + "/own", access=Access.PUBLISH_INSTRUMENTS)
async def own_version_page(
    request: Asking, reading: Session, now: Now, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    base = await _base(reading, code, version)
    form = offered(base.instrument, await _taken(reading), request.app.state.skm.today(now))
    return page(request, _FORM, form=form, **_form_facts(base))


@post(ONE + "/own", access=Access.PUBLISH_INSTRUMENTS, status_code=200)
async def try_own_version(
    request: Asking, reading: Session, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """What the version would change. It stores nothing; what was typed travels on in the page itself."""
    base = await _base(reading, code, version)
    form = await sent(request)
    if form.is_on("kembali"):
        return page(request, _FORM, form=form, **_form_facts(base))
    made = _read(request, form, base)
    if made.address in await _taken(reading):
        raise _taken_already(request, form, base)
    return page(request, _EFFECT, form=form, has_changed=False, **_effect_facts(base, made))


@post(ONE + "/own/confirmation", access=Access.PUBLISH_INSTRUMENTS, status_code=303)
async def publish_own_version(
    request: Asking, writing: Session, viewer: Seer, now: Now, code: FromPath[str], version: FromPath[str]
) -> Response[Any]:
    """Publishes what was shown; when something else changed in between, the new effect is shown first."""
    base = await _base(writing, code, version)
    form = await sent(request)
    made = _read(request, form, base)
    if form.values.get("seal") != _seal(base, made):
        raise BadForm(request, _EFFECT, form, 409, has_changed=True, **_effect_facts(base, made))
    try:
        await publishing.publish(writing, viewer, now, made, form.text("alasan", REASON_MOST))
    except Problem as refused:
        if refused.code != "version_taken":
            raise
        raise _taken_already(request, form, base) from refused
    return see_other(f"{INSTRUMENTS}/{made.address}", pesan="Versi kota sudah terbit.")


async def _base(session: AsyncSession, code: str, version: str) -> Published:
    return await editions.published(session, await instrument_at(session, code, version))


async def _taken(session: AsyncSession) -> set[str]:
    return {one.instrument.address for one in await editions.all_published(session)}


def _read(request: Asking, form: Form, base: Published) -> Instrument:
    made = read_version(form, base.instrument)
    if made is None:
        raise BadForm(request, _FORM, form, **_form_facts(base))
    return made


def _taken_already(request: Asking, form: Form, base: Published) -> BadForm:
    form.fault("versi", VERSION_TAKEN)
    return BadForm(request, _FORM, form, 409, **_form_facts(base))


def _seal(base: Published, made: Instrument) -> str:
    return fingerprint({"sha256": sha256_of(made), "base_is_withdrawn": base.is_withdrawn})


def _form_facts(base: Published) -> dict[str, Any]:
    return {"one": base, "instrument": base.instrument, "shares": shares(base.instrument), "plain": plain}


def _effect_facts(base: Published, made: Instrument) -> dict[str, Any]:
    return {
        "one": base,
        "instrument": base.instrument,
        "made": made,
        "changes": difference(base.instrument, made),
        "sums": weight_sums(base.instrument, made),
        "names": names_of(base.instrument),
        "seal": _seal(base, made),
    }


routes = [
    Router(
        "/",
        route_handlers=[own_version_page, try_own_version, publish_own_version],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
