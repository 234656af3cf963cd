"""Forms of the signed-in side: what a person typed, read field by field, and shown again with what is wrong.

A refused form is raised, so that the transaction around it rolls back; nothing typed is lost.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import FormMultiDict

from server import pages

Read = TypeVar("Read")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong, as a sentence for the person; `facts` fill its %(names)s after translation."""

    text: str
    facts: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.text % self.facts if self.facts else self.text


class Form:
    """A form as it was sent, or as it is offered first: every value a text, at most one fault a field."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values = {name: "" if value is None else str(value) for name, value in (values or {}).items()}
        self.faults: dict[str, Fault] = {}

    def fault(self, field: str, text: str, **facts: Any) -> None:
        self.faults.setdefault(field, Fault(text, facts))

    def text(self, field: str, most: int, missing: str | None = None) -> str:
        """One line of text, spaces tidied; `missing` is what to say when it may not be empty."""
        text = tidied(self.values.get(field, ""))
        if missing and not text:
            self.fault(field, missing)
        if len(text) > most:
            self.fault(field, "Terlalu panjang: paling banyak %(most)s huruf.", most=most)
        return text

    def one_of(self, field: str, choices: Collection[str], missing: str) -> str:
        value = self.values.get(field, "")
        if value not in choices:
            self.fault(field, missing)
        return value

    def read(self, field: str, reader: Callable[[str], Read]) -> Read | None:
        """What `reader` makes of the field; the ValueError it raises says what is wrong."""
        try:
            return reader(tidied(self.values.get(field, "")))
        except ValueError as error:
            self.fault(field, str(error))
            return None

    def is_on(self, field: str) -> bool:
        """Whether a box is ticked; a browser sends nothing for one that is not."""
        return bool(self.values.get(field))


class BadForm(Exception):
    """A refused form: `template` is shown again with the form and whatever else the page needs.

    The page is made at once, because what it tells of is gone when the transaction has been rolled back.
    """

    def __init__(
        self, request: Request[Any, Any, Any], template: str, form: Form, status: int = 422, **facts: Any
    ) -> None:
        self.page = pages.page(request, template, status=status, form=form, **facts)
        super().__init__(", ".join(f"{field}: {fault}" for field, fault in form.faults.items()))


def show_again(request: Request[Any, Any, Any], refused: BadForm) -> Response[bytes]:
    return keep_private(refused.page)


def keep_private(answer: Response[Any]) -> Response[Any]:
    """After every answer behind the sign-in: no cache keeps it, nor the back button once its reader has signed out."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def sent(request: Request[Any, Any, Any]) -> Form:
    """The form of this request; of a field sent more than once, the last."""
    return form_of(texts_of(await request.form()))


def form_of(texts: Mapping[str, Sequence[str]]) -> Form:
    return Form({name: of_name[-1] for name, of_name in texts.items()})


def texts_of(multi: FormMultiDict) -> dict[str, list[str]]:
    """All the texts of a form by the name of their field, files aside."""
    texts: dict[str, list[str]] = {}
    for name, value in multi.multi_items():
        if isinstance(value, str):
            texts.setdefault(_readable(name), []).append(_readable(value))
    return texts


def _readable(text: str) -> str:
    """A text without the control characters that no keyboard writes and no database keeps."""
    return _CONTROLS.sub("", text)


# what a textarea needs stays: tabs and both characters of a line's end
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def tidied(text: str) -> str:
    """The text in Unicode's composed form on one line, without control characters and doubled spaces."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in composed).split())


def fingerprint(facts: Mapping[str, Any]) -> str:
    """Tells whether something changed since a form was opened; changes with any of the facts."""
    return hashlib.sha256(msgspec.json.encode(sorted(facts.items()))).hexdigest()[:16]
