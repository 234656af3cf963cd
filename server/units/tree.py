"""Units below units. A path names the ids from the root down, '/3/17/': a unit and all below it share the prefix."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

DEEPEST = 8
"""Levels of units below units: more than any government has, few enough for a path to fit its column."""

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)


def path_below(parent_path: str | None, unit_id: int) -> str:
    """The path of a unit under its parent, or of a unit that stands on top."""
    return f"{parent_path or '/'}{unit_id}/"


def depth(path: str) -> int:
    """How deep a unit stands: 1 on top."""
    return path.count("/") - 1


def is_within(path: str, top: str) -> bool:
    """Whether the unit of `path` is the unit of `top` or stands below it."""
    return path.startswith(top)


def moved(paths: Mapping[int, str], old: str, new: str) -> dict[int, str]:
    """The new paths of all units within `old` once that unit's path is `new`; others are left out."""
    return {unit_id: new + path.removeprefix(old) for unit_id, path in paths.items() if is_within(path, old)}


def in_order(
    units: Iterable[Item], path: Callable[[Item], str], name: Callable[[Item], str]
) -> list[tuple[int, Item]]:
    """Units as a tree is read, each parent before its children, siblings by name, with their depth from 0.

    Where the upper units are not among them (an officer sees only their own), the tree begins lower.
    """
    listed = list(units)
    names = {path(unit): name(unit).casefold() for unit in listed}

    def line(unit: Item) -> list[tuple[str, str]]:
        ids = path(unit).strip("/").split("/")
        ways = ["/" + "/".join(ids[:depth]) + "/" for depth in range(1, len(ids) + 1)]
        return [(names[way], way) for way in ways if way in names]

    return sorted(((len(line(unit)) - 1, unit) for unit in listed), key=lambda placed: line(placed[1]))


def cycles(parents: Mapping[Key, Key | None]) -> set[Key]:
    """The units that would stand below themselves, of units with their parents."""
    found: set[Key] = set()
    for unit in parents:
        seen = {unit}
        above = parents[unit]
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == unit:
            found.add(unit)
    return found
