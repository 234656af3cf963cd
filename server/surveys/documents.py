"""The survey's pages for this city: kept as bytes per counter and language, ready to be sent."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from server.settings import Settings
from server.skm.questionnaire import questionnaire_on
from server.surveys import token
from server.surveys.page import Document, Pages, Published, Survey
from server.texts import WEB, formatters, translator
from server.units.facts import CounterFacts

KEPT_MOST = 5_000


@cache
def pages() -> Pages:
    return Pages(lambda name: (WEB / "survey" / name).read_text("utf-8"), translator, formatters)


class Documents:
    """Survey documents by counter and language; made anew whenever what they say of the counter has changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: dict[tuple[str, str, bool], tuple[Survey, Document]] = {}

    def of(self, counter: CounterFacts, language: str, now: datetime, *, is_kiosk: bool = False) -> Document:
        survey = survey_of(counter)
        key = (counter.code, language, is_kiosk)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == survey:
            return kept[1]
        if len(self._kept) >= KEPT_MOST:
            self._kept.clear()
        make = pages().kiosk if is_kiosk else pages().document
        made = make(survey, language, questionnaire_on(now.date()))
        self._kept[key] = (survey, made)
        return made

    def kiosk_address(self, code: str) -> str:
        """The link that turns a tablet into the kiosk of one counter."""
        key = token.kiosk_key(self._settings.secret, code)
        return f"{self._settings.public_url}/kiosk/{code}?key={key}"


def survey_of(counter: CounterFacts) -> Survey:
    return Survey(
        code=counter.code,
        unit=counter.unit_name,
        unit_slug=counter.unit_slug,
        counter=counter.name,
        public_service=counter.service.name if counter.service else None,
        hall=counter.hall_name,
        asks_cost=counter.service.asks_cost if counter.service else True,
        public_services=tuple((service.slug, service.name) for service in counter.services),
    )


def published(index: dict[str, Any], language: str) -> Published | None:
    """A unit's index as the thank-you page tells it; None while nothing is measured."""
    if index["ikm"] is None:
        return None
    return Published(Decimal(index["ikm"]), index["grade"], translator(language)(index["label"]), index["n"])
