"""Where each value of a JSON text stands, by the path that decoders name it with: `$.parts[0].indicators[3].weight`.

Pure. The text is valid JSON; how deep it nests does not matter.
"""

import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]

import msgspec

TOKEN = re.compile(r'["{}\[\]]|[^\s{}\[\],:"]+')


class Places(msgspec.Struct, frozen=True):
    text: str
    starts: dict[str, int]
    repeated: tuple[tuple[str, int], ...]
    """Keys that stand twice in one object: path and place of the second."""

    def line(self, path: str) -> int:
        """The line of a value; what is not written stands where its nearest parent does."""
        while path and path not in self.starts:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.line_at(self.starts.get(path, 0))

    def line_at(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1


class _Open(msgspec.Struct):
    """An object or array that has begun and not ended."""

    path: str
    is_object: bool
    keys: set[str]
    key: str | None = None
    length: int = 0

    def next_path(self) -> str:
        """The path of the value that comes now."""
        if self.is_object:
            path, self.key = f"{self.path}.{self.key}", None
        else:
            path = f"{self.path}[{self.length}]"
            self.length += 1
        return path


def places_of(text: str) -> Places:
    starts: dict[str, int] = {}
    repeated: list[tuple[str, int]] = []
    open_ones: list[_Open] = []
    for mark, place, string in _tokens(text):
        inside = open_ones[-1] if open_ones else None
        if mark in "}]":
            open_ones.pop()
        elif inside and inside.is_object and inside.key is None:
            inside.key = string
            if string in inside.keys:
                repeated.append((f"{inside.path}.{string}", place))
            inside.keys.add(string)
        else:
            path = inside.next_path() if inside else "$"
            starts[path] = place
            if mark in "{[":
                open_ones.append(_Open(path, mark == "{", set()))
    return Places(text, starts, tuple(repeated))


def _tokens(text: str) -> Iterator[tuple[str, int, str]]:
    """What begins a key or value, or ends a container; strings unescaped."""
    end = 0
    while found := TOKEN.search(text, end):
        string, end = "", found.end()
        if found[0] == '"':
            string, end = scanstring(text, end)
        yield found[0], found.start(), string
