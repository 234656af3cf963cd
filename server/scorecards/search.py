"""Which units and services answer to the words somebody typed."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec


class Listed(msgspec.Struct, frozen=True):
    """A unit as the public sees it in lists; `kind` in words people use."""

    id: int
    slug: str
    name: str
    kind: str
    parent_id: int | None


class ListedService(msgspec.Struct, frozen=True):
    slug: str
    name: str
    unit_id: int


class Found(msgspec.Struct, frozen=True):
    """A unit that answers to the words, or whose services do."""

    unit: Listed
    services: tuple[ListedService, ...]


def search(words: str, units: Iterable[Listed], services: Iterable[ListedService]) -> list[Found]:
    """The units and services with every word in their names; units found by their own name come first.

    A unit answers by its name and kind; a service by its own name, with words of its unit and kind as well.
    """
    asked = words.casefold().split()
    if not asked:
        return []
    offered = _by_unit(services)
    found = []
    for unit in units:
        about = f"{unit.name} {unit.kind}".casefold()
        matching = tuple(
            service for service in offered.get(unit.id, ()) if _answers(service.name, about, asked)
        )
        is_itself = all(word in about for word in asked)
        if is_itself or matching:
            found.append((not is_itself, Found(unit, matching)))
    return [result for _, result in sorted(found, key=lambda entry: entry[0])]


def _by_unit(services: Iterable[ListedService]) -> Mapping[int, Sequence[ListedService]]:
    offered: dict[int, list[ListedService]] = {}
    for service in services:
        offered.setdefault(service.unit_id, []).append(service)
    return offered


def _answers(name: str, about: str, asked: Sequence[str]) -> bool:
    own = name.casefold()
    return any(word in own for word in asked) and all(word in own or word in about for word in asked)
