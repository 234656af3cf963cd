"""What a browser makes of a page: its forms with what they offer."""

from html.parser import HTMLParser


def form_in(html: str, button: str) -> dict[str, str]:
    """The fields of the form with this button, as a browser would send them untouched."""
    forms = _Forms()
    forms.feed(html)
    (found,) = [fields for fields, words in forms.found if button in words]
    return {name: value for name, value in found.items() if name != "_csrf_token"}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str], str]] = []
        self._fields: dict[str, str] | None = None
        self._words = ""
        self._list: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._fields, self._words = {}, ""
        elif self._fields is None:
            return
        elif tag == "select":
            self._list = given["name"]
        elif tag == "option" and self._list and (self._list not in self._fields or "selected" in given):
            self._fields[self._list] = given["value"] or ""
        elif tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self._fields[str(given["name"])] = given.get("value", "on") or ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._list = None
        elif tag == "form" and self._fields is not None:
            self.found.append((self._fields, self._words))
            self._fields = None
