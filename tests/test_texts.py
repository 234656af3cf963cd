"""Every text that people read has its English, and no English stands for a text that is gone."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from server import app_shell
from server.problems import PROBLEMS
from server.skm.rules import RULES
from server.surveys.arrive import FORM_SENTENCES
from server.surveys.routes import REVIEWED_OUT, TYPE_CODE, WHERE_CODE
from server.texts import LANGUAGES, WEB, language_of, long_date, number

pytestmark = pytest.mark.pure

ROOT = Path(__file__).parent.parent
TEMPLATES = [("**.html", "jinja2"), ("**.js", "jinja2")]


def texts() -> Iterator[str]:
    """Every text in templates and code, and those that the code takes from data."""
    for _, _, message, _, _ in extract_from_dir(WEB, TEMPLATES, {"**.html": {"newstyle_gettext": "true"}}):
        yield _first(message)
    python = [("**.py", "python")]
    for _, _, message, _, _ in extract_from_dir(ROOT / "server", python, keywords={"_": None, "fault": (2,)}):
        yield _first(message)
    yield from app_shell.said(app_shell.files(WEB))
    for kind in PROBLEMS.values():
        yield from (kind.title, kind.detail)
    yield from (*FORM_SENTENCES, REVIEWED_OUT, TYPE_CODE, WHERE_CODE)
    for rules in RULES:
        for band in rules.bands:
            yield band.label


def constants() -> set[str]:
    """Every text that stands in the code: some reach their template through a variable."""
    found: set[str] = set()
    for file in (ROOT / "server").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def _first(text: str | tuple[str, ...] | list[str]) -> str:
    """A text, or the singular of one with a plural."""
    return text if isinstance(text, str) else text[0]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "id"])
def test_every_text_is_translated_and_no_translation_is_left_over(language: str) -> None:
    with (WEB / "locale" / f"{language}.po").open("rb") as file:
        catalogue = {
            _first(message.id): message.string for message in read_po(file, locale=language) if message.id
        }
    used = {text for text in texts() if re.search(r"[A-Za-z]", re.sub(r"%\(\w+\)s", "", text))}
    assert used - set(catalogue) == set(), "without translation"
    assert set(catalogue) - used - constants() == set(), "translated but gone"
    assert [text for text, translated in catalogue.items() if not _first(translated)] == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "id"])
def test_a_translation_fills_the_same_places(language: str) -> None:
    places = re.compile(r"\{\w*\}|%\(\w+\)s")
    with (WEB / "locale" / f"{language}.po").open("rb") as file:
        for message in read_po(file, locale=language):
            if message.id:
                said, translated = (
                    set(places.findall(_first(message.id))),
                    set(places.findall(_first(message.string))),
                )
                # a singular may say "one" where its plural tells the number
                assert translated <= said, message.id
                assert said <= translated or not isinstance(message.id, str), message.id


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "language"),
    [
        ("en", None, "", "en"),
        ("xx", "en", "id", "en"),
        (None, None, "en-GB,en;q=0.9", "en"),
        (None, None, "fr-FR, id;q=0.5", "id"),
        (None, None, "", "id"),
        ("../en", None, "*", "id"),
    ],
)
def test_the_language_is_what_is_asked_for_else_kept_else_preferred(
    asked: str | None, kept: str | None, accepted: str, language: str
) -> None:
    assert language_of(asked, kept, accepted) == language


def test_numbers_and_dates_are_written_as_the_reader_writes_them() -> None:
    assert number(Decimal("78.97"), "id") == "78,97"
    assert number(12345, "id") == "12.345"
    assert number("12345.60", "en") == "12,345.60"
    assert long_date(date(2026, 11, 22), "id") == "22 November 2026"
