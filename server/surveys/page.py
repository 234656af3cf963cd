"""Everything a citizen sees: the survey page, the kiosk, the receipt and the messages, as bytes.

A survey page is rendered and compressed once per counter and language. Only two hidden fields differ from view to
view, so a view costs a few microseconds: `Document.gzip` puts them, uncompressed, between two deflated halves.
"""

import base64
import hashlib
import html
import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from jinja2 import Environment, FunctionLoader, StrictUndefined

from server.skm.questionnaire import AGES, PROFILE, QUESTIONNAIRES, Questionnaire


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The survey of one counter; `public_services` are the (slug, name) to choose from when it has no fixed one."""

    code: str
    unit: str
    unit_slug: str
    counter: str
    public_service: str | None = None
    hall: str | None = None
    asks_cost: bool = True
    public_services: tuple[tuple[str, str], ...] = ()


class Published(msgspec.Struct, frozen=True):
    """The index a unit has published; `label` in the reader's language."""

    ikm: Decimal
    grade: str
    label: str
    n: int


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one response. `day` is the unit's local day it counts in; `excluded_by` names the rule, if any,
    and `exclusion_reason` says it in the reader's language."""

    id: str
    received_at: datetime
    zone: str
    day: date
    excluded_by: str | None = None
    exclusion_reason: str | None = None
    published: Published | None = None
    complaint: str | None = None
    complaint_phone: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A page that only says something, in the reader's language; `code` fills the field where a code can be typed."""

    title: str
    text: str
    asks_code: bool = True
    code: str = ""


class Mistake(msgspec.Struct, frozen=True):
    """What must be mended, in the reader's language, and the element or profile field to blame, if there is one."""

    field: str | None
    message: str


class Page(msgspec.Struct, frozen=True):
    body: bytes
    csp: str


class Document(msgspec.Struct, frozen=True):
    """A survey page ready to be sent, cut where the two hidden fields of a view go."""

    before: bytes
    after: bytes
    csp: str
    deflated_before: bytes
    deflated_after: bytes
    checksum_before: int

    def plain(self, response_id: str, token: str) -> bytes:
        return self.before + hidden_fields(response_id, token) + self.after

    def gzip(self, response_id: str, token: str) -> bytes:
        """The same page as one gzip member (RFC 1952) made of three runs of deflate blocks (RFC 1951).

        The first run ends on a byte boundary and promises more. The fields follow as a stored block: a zero byte,
        their length and its complement, the bytes as they are. The last run was deflated on its own, so it points
        back at nothing before it, and carries the final bit. Checksum and size are of the whole.
        """
        fields = hidden_fields(response_id, token)
        stored = struct.pack("<BHH", 0, len(fields), len(fields) ^ 0xFFFF)
        checksum = zlib.crc32(self.after, zlib.crc32(fields, self.checksum_before))
        size = len(self.before) + len(fields) + len(self.after)
        trailer = struct.pack("<II", checksum, size)
        return b"".join((GZIP_HEADER, self.deflated_before, stored, fields, self.deflated_after, trailer))


# magic, deflate, no flags, no time, best compression, unknown system
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


def hidden_fields(response_id: str, token: str) -> bytes:
    fields = '<input type=hidden name=id value="%s"><input type=hidden name=token value="%s">'
    return (fields % (html.escape(response_id), html.escape(token))).encode()


def document(before: bytes, after: bytes, csp: str) -> Document:
    return Document(
        before=before,
        after=after,
        csp=csp,
        deflated_before=_deflated(before, zlib.Z_FULL_FLUSH),
        deflated_after=_deflated(after, zlib.Z_FINISH),
        checksum_before=zlib.crc32(before),
    )


def _deflated(data: bytes, end: int) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    return machine.compress(data) + machine.flush(end)


class Pages:
    """The pages, given a way to read the files of `web/survey`, and per language a translator and the filters
    `number`, `long_date` and `moment`."""

    def __init__(
        self,
        read: Callable[[str], str],
        translator: Callable[[str], Callable[[str], str]],
        formatters: Callable[[str], Mapping[str, Any]],
    ) -> None:
        self._read = read
        self._translator = translator
        self._formatters = formatters
        self._environments: dict[str, Environment] = {}
        style, answer = self._file("survey.css"), self._script_file("answer.js")
        self._style = style
        self._told_style = style + self._file("receipt.css")
        self._script = answer + self._script_file("survey.js")
        self._kiosk_style = style + self._file("kiosk.css")
        self._kiosk_script = answer + self._script_file("kiosk.js")

    def document(
        self, survey: Survey, language: str, questionnaire: Questionnaire = QUESTIONNAIRES[-1]
    ) -> Document:
        """The page behind a counter's QR code."""
        return self._cut("survey.html", survey, language, questionnaire, self._style, self._script)

    def kiosk(
        self, survey: Survey, language: str, questionnaire: Questionnaire = QUESTIONNAIRES[-1]
    ) -> Document:
        """The page of a tablet at the counter; it makes its own ids and uses only the token."""
        made = self._cut("kiosk.html", survey, language, questionnaire, self._kiosk_style, self._kiosk_script)
        return msgspec.structs.replace(made, csp=f"{made.csp}; worker-src 'self'; manifest-src 'self'")

    def form_again(
        self,
        survey: Survey,
        language: str,
        values: Mapping[str, str],
        mistakes: Sequence[Mistake],
        response_id: str,
        token: str,
        questionnaire: Questionnaire = QUESTIONNAIRES[-1],
    ) -> Page:
        """The page with a person's answers kept and what must be mended said on top and at each field."""
        fields = hidden_fields(response_id, token).decode()
        facts = self._form(survey, language, questionnaire, values, mistakes)
        return self._page("survey.html", language, self._style, self._script, fields=fields, **facts)

    def receipt(self, survey: Survey, receipt: Receipt, language: str) -> Page:
        """Proof that a response arrived and what became of it, without the answers."""
        return self._page("receipt.html", language, self._told_style, survey=survey, receipt=receipt)

    def message(self, message: Message, language: str, survey: Survey | None = None) -> Page:
        """A sentence and what to do next: unknown code, closed survey, overload, or just the field for a code."""
        return self._page("message.html", language, self._told_style, survey=survey, message=message)

    def _cut(
        self,
        template: str,
        survey: Survey,
        language: str,
        questionnaire: Questionnaire,
        style: str,
        script: str,
    ) -> Document:
        facts = self._form(survey, language, questionnaire, {}, ())
        page = self._page(template, language, style, script, fields=_HERE, **facts)
        before, after = page.body.split(_HERE.encode())
        return document(before, after, page.csp)

    def _form(
        self,
        survey: Survey,
        language: str,
        questionnaire: Questionnaire,
        values: Mapping[str, str],
        mistakes: Sequence[Mistake],
    ) -> dict[str, Any]:
        """What the templates of a form know."""
        wording = questionnaire.wordings.get(language, questionnaire.wordings["id"])
        questions = [asked for asked in wording.questions if survey.asks_cost or asked.element != "biaya"]
        keys = [asked.element for asked in wording.questions]
        names = {asked.element: f"{number}. {asked.name}" for number, asked in enumerate(questions, 1)}
        profile = ("age", *PROFILE)
        return {
            "survey": survey,
            "wording": wording,
            "questions": questions,
            "choices": {
                field: [(choice.code, choice.labels.get(language, choice.labels["id"])) for choice in choices]
                for field, choices in PROFILE.items()
            },
            "values": {field: values.get(field, "") for field in (*keys, *profile, "service", "comment")},
            "mistakes": mistakes,
            "wrongs": {mistake.field: mistake.message for mistake in mistakes},
            "names": names,
            "open_profile": any(values.get(field) for field in profile)
            or any(mistake.field in profile for mistake in mistakes),
            "ages": (AGES[0], AGES[-1]),
            "profile": profile,
            "elements": keys,
        }

    def _page(self, template: str, language: str, style: str, script: str = "", **facts: Any) -> Page:
        wordings = QUESTIONNAIRES[-1].wordings
        text = (
            self._environment(language)
            .get_template(template)
            .render(
                language=language,
                direction=wordings[language].direction if language in wordings else "ltr",
                languages=list(wordings.values()),
                style=style,
                script=script,
                **{"survey": None, "receipt": None, "message": None, **facts},
            )
        )
        return Page(text.encode(), _csp(style, script))

    def _environment(self, language: str) -> Environment:
        if language not in self._environments:
            environment = Environment(
                loader=FunctionLoader(self._file),
                autoescape=True,
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                extensions=["jinja2.ext.i18n"],
            )
            translate = self._translator(language)
            environment.install_gettext_callables(translate, translate, newstyle=True)  # type: ignore[attr-defined]
            environment.filters.update(self._formatters(language))
            self._environments[language] = environment
        return self._environments[language]

    def _file(self, name: str) -> str:
        """A file without what only its writers need: indentation and whole-line comments."""
        return re.sub(r"^\s*//.*\n|^\s+", "", self._read(name), flags=re.MULTILINE)

    def _script_file(self, name: str) -> str:
        """A script without the blanks around its punctuation, too: a fiftieth of what the whole page weighs.

        Our scripts end every statement with a semicolon, so no line's end means anything; strings stay as they are.
        """
        parts = re.split(r"('[^'\n]*')", self._file(name))
        parts[::2] = [re.sub(r"\s*([{}()=>,:;?&|*<])\s*", r"\1", part) for part in parts[::2]]
        return "".join(parts)


_HERE = "<!-- the fields of a view -->"


def _csp(style: str, script: str) -> str:
    """The policy that allows exactly this style and this script."""
    parts = ["default-src 'none'", f"style-src {_hash(style)}"]
    if script:
        parts += [f"script-src {_hash(script)}", "connect-src 'self'"]
    return "; ".join(
        [*parts, "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "img-src 'self' data:"]
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
