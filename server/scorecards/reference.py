"""The OpenAPI document as a page reads it: operations with their parameters, and shapes as names and words."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Operation(msgspec.Struct, frozen=True):
    method: str
    path: str
    facts: Mapping[str, Any]

    @property
    def anchor(self) -> str:
        return str(self.facts.get("operationId") or f"{self.method}{self.path.replace('/', '-')}")


METHODS = ("get", "put", "post", "patch", "delete", "head", "options")


def operations(document: Mapping[str, Any]) -> list[Operation]:
    return [
        Operation(method, path, item[method])
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if method in item
    ]


class Chapter(msgspec.Struct, frozen=True):
    """The operations that belong together, under the name that they are tagged with."""

    anchor: str
    name: str
    operations: list[Operation]


def chapters(document: Mapping[str, Any]) -> list[Chapter]:
    """The operations by chapter, in the document's order."""
    found = operations(document)
    return [
        Chapter(f"bab-{number}", tag["name"], [one for one in found if tag["name"] in one.facts["tags"]])
        for number, tag in enumerate(document["tags"], start=1)
    ]


class Shape(msgspec.Struct, frozen=True):
    """What a value looks like in a word or two; `refers_to` names the schema it stands for."""

    text: str
    refers_to: str | None = None


def shape(schema: Mapping[str, Any]) -> Shape:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Shape(name, name)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            shapes = [shape(part) for part in schema[key]]
            named = next((part.refers_to for part in shapes if part.refers_to), None)
            return Shape(" | ".join(part.text for part in shapes), named)
    if "enum" in schema:
        return Shape(" | ".join("null" if value is None else str(value) for value in schema["enum"]))
    if "properties" in schema:
        return Shape(f"{{{', '.join(schema['properties'])}}}{' | null' if 'null' in schema['type'] else ''}")
    if schema.get("type") == "array":
        inner = shape(schema.get("items", {}))
        return Shape(f"[{inner.text}]", inner.refers_to)
    if isinstance(schema.get("additionalProperties"), Mapping):
        inner = shape(schema["additionalProperties"])
        return Shape(f"{{…: {inner.text}}}", inner.refers_to)
    kind = schema.get("type", "any")
    words = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return Shape(" ".join([words, *_limits(schema)]))


def _limits(schema: Mapping[str, Any]) -> list[str]:
    told = [str(schema[key]) for key in ("format", "pattern") if key in schema]
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None or most is not None:
        told.append(f"{'' if least is None else least}…{'' if most is None else most}")
    if "maxLength" in schema:
        told.append(f"≤ {schema['maxLength']}")
    return told
