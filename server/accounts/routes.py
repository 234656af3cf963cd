"""Signing in and out, one's own password, people and their roles, and the audit trail."""

import re
import secrets
from datetime import datetime
from typing import Any

import anyio
import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit, storage
from server.accounts.access import Access, Role, Viewer
from server.accounts.passwords import LEAST_LENGTH, hash_password
from server.accounts.proving import LONGEST_PASSWORD, is_https, open_session, prove, subject_of
from server.accounts.sessions import COOKIE, session_cookie
from server.accounts.tables import Person
from server.forms import BadForm, Form, fingerprint, keep_private, sent, show_again, tidied
from server.pages import page, see_other
from server.problems import Problem
from server.units.storage import unit_by_slug, unit_choices

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

HOME = "/staff"
EVENTS_A_PAGE = 50
SHOWN_FOR_S = 120

ROLES_WITH_UNIT = frozenset({Role.OFFICER, Role.INSPECTOR})

_ONCE_COOKIE = "loket_once"
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,58}[a-z0-9]")
_LOCAL = re.compile(r"/staff(?:[/?][!-\[\]-~]*)?")
# symbols that nobody mistakes for one another when a password is read out or copied by hand
_EASY_SYMBOLS = "abcdefghjkmnpqrstvwxyz23456789"

_TOO_MANY = "Sudah terlalu banyak percobaan masuk. Tunggu %(minutes)s menit, lalu coba lagi."
_NO_MATCH = "Nama pengguna atau kata sandi tidak cocok. Periksa lagi, atau hubungi Bagian Organisasi."


# ── signing in and out ──


@get("/staff/login", access=Access.PUBLIC)
async def login_page(request: Asking, next: FromQuery[str] = "") -> Response[bytes]:
    return page(request, "staff/login.html", form=Form({"next": _local(next)}))


@post("/staff/login", access=Access.PUBLIC, status_code=303)
async def sign_in(request: Asking, now: Now) -> Response[Any]:
    form = await sent(request)
    username = tidied(form.values.get("username", ""))
    person, minutes = await prove(request, username, form.values.get("password", ""), now)
    if minutes:
        form.fault("", _TOO_MANY, minutes=minutes)
        raise BadForm(request, "staff/login.html", form, status=429)
    if person is None:
        form.fault("username", _NO_MATCH)
        raise BadForm(request, "staff/login.html", form, status=401)
    key = await open_session(request, person, now)
    answer = see_other(_local(form.values.get("next", "")))
    answer.set_cookie(session_cookie(key, is_https(request)))
    return answer


@post("/staff/logout", access=Access.PUBLIC, status_code=303)
async def sign_out(request: Asking, writing: Session) -> Response[Any]:
    """Open to everybody: whoever is signed out already has what they want."""
    if key := request.cookies.get(COOKIE):
        await storage.close_session(writing, key)
    answer = see_other("/staff/login", pesan="Anda sudah keluar.")
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _local(address: str) -> str:
    """The address to go on to after signing in: a staff page of ours, nothing else."""
    is_door = address.startswith(("/staff/login", "/staff/logout"))
    return address if _LOCAL.fullmatch(address) and not is_door else HOME


# ── one's own password ──


@get("/staff/password", access=Access.SIGNED_IN)
async def password_page(request: Asking) -> Response[bytes]:
    return page(request, "staff/password.html", form=Form(), least=LEAST_LENGTH)


@post("/staff/password", access=Access.SIGNED_IN, status_code=303)
async def change_password(request: Asking, viewer: Seer, now: Now) -> Response[Any]:
    form = await sent(request)
    new = form.values.get("new", "")
    if not LEAST_LENGTH <= len(new) <= LONGEST_PASSWORD:
        form.fault(
            "new",
            "Kata sandi terdiri atas %(least)s sampai %(most)s huruf, angka, atau tanda.",
            least=LEAST_LENGTH,
            most=LONGEST_PASSWORD,
        )
    elif new != form.values.get("again"):
        form.fault("again", "Tidak sama dengan kata sandi baru. Ketik sekali lagi.")
    if not form.faults:
        person, minutes = await prove(request, viewer.username, form.values.get("current", ""), now)
        if minutes:
            form.fault("", _TOO_MANY, minutes=minutes)
        elif person is None:
            form.fault("current", "Kata sandi yang sekarang tidak cocok.")
    if form.faults:
        raise BadForm(request, "staff/password.html", form, least=LEAST_LENGTH)
    password_hash = await anyio.to_thread.run_sync(hash_password, new)
    async with request.app.state.database.writing() as session:
        await storage.set_password(session, viewer.person_id, password_hash)
        await storage.close_sessions_of(session, viewer.person_id, but=request.cookies.get(COOKIE))
        await audit.record(session, now, viewer, "password_changed", subject_of(viewer.username))
    return see_other(HOME, pesan="Kata sandi sudah diganti. Sesi Anda di perangkat lain sudah diakhiri.")


# ── people ──


@get("/staff/people", access=Access.MANAGE_PEOPLE)
async def people_page(request: Asking, reading: Session) -> Response[bytes]:
    return page(request, "staff/people.html", people=await storage.people(reading))


@get("/staff/people/new", access=Access.MANAGE_PEOPLE)
async def new_person_page(request: Asking, reading: Session, unit: FromQuery[str] = "") -> Response[bytes]:
    form = Form({"role": Role.OFFICER, "unit": unit})
    return page(request, "staff/person_new.html", form=form, units=await unit_choices(reading))


@post("/staff/people/new", access=Access.MANAGE_PEOPLE, status_code=303)
async def create_person(request: Asking, viewer: Seer, now: Now) -> Response[Any]:
    form = await sent(request)
    password, password_hash = await _new_password()
    async with request.app.state.database.writing() as session:
        units = await unit_choices(session)
        username = form.text("username", 60).lower()
        if not _USERNAME.fullmatch(username):
            form.fault(
                "username", "Pakai 3 sampai 60 huruf kecil, angka, titik, atau tanda hubung, tanpa spasi."
            )
        elif await storage.person_named(session, username):
            form.fault("username", "Nama pengguna ini sudah dipakai. Pilih yang lain.")
        facts = _read_person(form, units)
        if form.faults:
            raise BadForm(request, "staff/person_new.html", form, units=units)
        await storage.add_person(
            session,
            now,
            username=username,
            name=facts["name"],
            role=Role(facts["role"]),
            unit_id=await _unit_id(session, facts["unit"]),
            password_hash=password_hash,
        )
        await audit.record(session, now, viewer, "person_created", subject_of(username), after=facts)
    return _with_password_once(request, username, password, "Akun sudah dibuat.")


@get("/staff/people/{username:str}", access=Access.MANAGE_PEOPLE)
async def person_page(request: Asking, reading: Session, username: FromPath[str]) -> Response[bytes]:
    person = await _person(reading, username)
    facts = await storage.person_facts(reading, person)
    password = request.cookies.get(_ONCE_COOKIE)
    answer = page(
        request,
        "staff/person.html",
        form=Form({**facts, "seen": fingerprint(facts)}),
        person=person,
        units=await unit_choices(reading, also=facts["unit"]),
        password=password,
    )
    if password:
        answer.delete_cookie(_ONCE_COOKIE, path=_person_address(username))
    return answer


@post("/staff/people/{username:str}", access=Access.MANAGE_PEOPLE, status_code=303)
async def change_person(
    request: Asking, writing: Session, viewer: Seer, now: Now, username: FromPath[str]
) -> Response[Any]:
    person = await _person(writing, username)
    before = await storage.person_facts(writing, person)
    form = await sent(request)
    units = await unit_choices(writing, also=before["unit"])
    after = _read_person(form, units)
    if form.values.get("seen") != fingerprint(before):
        form.fault(
            "", "Akun ini diubah orang lain sejak halaman dibuka. Periksa lagi isian Anda, lalu simpan."
        )
        form.values["seen"] = fingerprint(before)
    if after["role"] != Role.ADMINISTRATOR and await storage.is_last_administrator(writing, person):
        form.fault("role", "Ini administrator terakhir. Angkat administrator lain dahulu.")
    if form.faults:
        raise BadForm(request, "staff/person.html", form, person=person, units=units, password=None)
    if after != before:
        person.name, person.role = after["name"], after["role"]
        person.unit_id = await _unit_id(writing, after["unit"])
        await audit.record(
            writing, now, viewer, "person_changed", subject_of(username), **_difference(before, after)
        )
    return see_other(_person_address(username), pesan="Perubahan sudah disimpan.")


@get("/staff/people/{username:str}/password", access=Access.MANAGE_PEOPLE)
async def reset_page(request: Asking, reading: Session, username: FromPath[str]) -> Response[bytes]:
    return page(request, "staff/person_password.html", person=await _person(reading, username))


@post("/staff/people/{username:str}/password", access=Access.MANAGE_PEOPLE, status_code=303)
async def reset_password(request: Asking, viewer: Seer, now: Now, username: FromPath[str]) -> Response[Any]:
    password, password_hash = await _new_password()
    async with request.app.state.database.writing() as session:
        person = await _person(session, username)
        await storage.set_password(session, person.id, password_hash)
        await storage.close_sessions_of(session, person.id)
        await storage.forget_failures(session, username)
        await audit.record(session, now, viewer, "password_reset", subject_of(username))
    return _with_password_once(request, username, password, "Kata sandi baru sudah dibuat.")


@get("/staff/people/{username:str}/closure", access=Access.MANAGE_PEOPLE)
async def closure_page(request: Asking, reading: Session, username: FromPath[str]) -> Response[bytes]:
    return page(request, "staff/person_closure.html", form=Form(), person=await _person(reading, username))


@post("/staff/people/{username:str}/closure", access=Access.MANAGE_PEOPLE, status_code=303)
async def close_person(
    request: Asking, writing: Session, viewer: Seer, now: Now, username: FromPath[str]
) -> Response[Any]:
    person = await _person(writing, username)
    if await storage.is_last_administrator(writing, person):
        form = Form()
        form.fault("", "Ini administrator terakhir. Angkat administrator lain dahulu.")
        raise BadForm(request, "staff/person_closure.html", form, person=person)
    if person.closed_at is None:
        person.closed_at = now
        await storage.close_sessions_of(writing, person.id)
        await audit.record(writing, now, viewer, "person_closed", subject_of(username))
    return see_other(_person_address(username), pesan="Akun sudah ditutup.")


@post("/staff/people/{username:str}/reopening", access=Access.MANAGE_PEOPLE, status_code=303)
async def reopen_person(writing: Session, viewer: Seer, now: Now, username: FromPath[str]) -> Response[Any]:
    person = await _person(writing, username)
    if person.closed_at is not None:
        person.closed_at = None
        await audit.record(writing, now, viewer, "person_reopened", subject_of(username))
    return see_other(_person_address(username), pesan="Akun sudah dibuka lagi.")


def _read_person(form: Form, units: list[tuple[str, str]]) -> dict[str, Any]:
    """Name, role and unit as typed; whoever sees the whole city has no unit."""
    name = form.text("name", 120, "Nama perlu diisi.")
    role = form.one_of("role", list(Role), "Pilih satu peran.")
    unit = form.values.get("unit") or None
    if unit is not None and unit not in dict(units):
        form.fault("unit", "Unit ini tidak ada. Pilih dari daftar.")
    if role == Role.OFFICER and unit is None:
        form.fault("unit", "Pilih unit petugas ini: ia hanya melihat unit itu dan unit di bawahnya.")
    return {"name": name, "role": role, "unit": unit if role in ROLES_WITH_UNIT else None}


async def _person(session: AsyncSession, username: str) -> Person:
    person = await storage.person_named(session, username)
    if person is None:
        raise Problem("unknown_person")
    return person


async def _unit_id(session: AsyncSession, slug: str | None) -> int | None:
    unit = await unit_by_slug(session, slug) if slug else None
    return unit.id if unit else None


async def _new_password() -> tuple[str, str]:
    """Four groups of four, 78 bits, to be read out and typed once; and its hash, made before any transaction waits."""
    password = "-".join("".join(secrets.choice(_EASY_SYMBOLS) for _ in range(4)) for _ in range(4))
    return password, await anyio.to_thread.run_sync(hash_password, password)


def _with_password_once(request: Asking, username: str, password: str, said: str) -> Response[Any]:
    """On to the person's page, which shows the password once: it travels in a cookie that this page takes away."""
    answer = see_other(_person_address(username), pesan=said)
    answer.set_cookie(
        Cookie(
            key=_ONCE_COOKIE,
            value=password,
            path=_person_address(username),
            max_age=SHOWN_FOR_S,
            httponly=True,
            secure=is_https(request),
            samesite="strict",
        )
    )
    return answer


# ── the audit trail ──


@get("/staff/audit", access=Access.READ_AUDIT)
async def audit_page(
    request: Asking, reading: Session, before: FromQuery[int | None] = None, subject: FromQuery[str] = ""
) -> Response[bytes]:
    events = await storage.audit_events(reading, before, EVENTS_A_PAGE + 1, tidied(subject))
    return page(
        request,
        "staff/audit.html",
        events=[(event, msgspec.json.decode(event.facts)) for event in events[:EVENTS_A_PAGE]],
        older=events[EVENTS_A_PAGE - 1].id if len(events) > EVENTS_A_PAGE else None,
        before=before,
        subject=subject,
        zone=request.app.state.settings.zone,
    )


@post("/staff/audit/check", access=Access.READ_AUDIT, status_code=200)
async def check_audit(request: Asking, reading: Session, now: Now) -> Response[bytes]:
    """Recomputes every seal. It changes nothing, so its page may be reloaded."""
    return page(
        request,
        "staff/audit_check.html",
        broken=await audit.broken_seals(reading),
        count=await storage.count_audit_events(reading),
        now=now,
        zone=request.app.state.settings.zone,
    )


def _person_address(username: str) -> str:
    return f"/staff/people/{username}"


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Before and after of what changed, as the audit trail keeps it."""
    changed = [name for name in after if after[name] != before[name]]
    return {
        "before": {name: before[name] for name in changed},
        "after": {name: after[name] for name in changed},
    }


routes = [
    Router(
        "/",
        route_handlers=[
            login_page,
            sign_in,
            sign_out,
            password_page,
            change_password,
            people_page,
            new_person_page,
            create_person,
            person_page,
            change_person,
            reset_page,
            reset_password,
            closure_page,
            close_person,
            reopen_person,
            audit_page,
            check_audit,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
