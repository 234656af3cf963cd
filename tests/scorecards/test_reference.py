"""Shapes of the OpenAPI document in words."""

from typing import Any

import pytest

from server import openapi
from server.scorecards.reference import Shape, chapters, operations, shape


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"$ref": "#/components/schemas/Index"}, Shape("Index", "Index")),
        ({"type": "string", "format": "uuid"}, Shape("string uuid")),
        ({"type": ["string", "null"]}, Shape("string | null")),
        ({"type": "integer", "minimum": 1, "maximum": 4}, Shape("integer 1…4")),
        ({"type": "array", "items": {"$ref": "#/x/Answer"}}, Shape("[Answer]", "Answer")),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, Shape("{…: integer}")),
        ({"anyOf": [{"type": "null"}, {"$ref": "#/x/Answer"}]}, Shape("null | Answer", "Answer")),
        ({"enum": ["A", None]}, Shape("A | null")),
        ({"type": "object", "properties": {"id": {}, "name": {}}}, Shape("{id, name}")),
        ({"type": ["object", "null"], "properties": {"id": {}}}, Shape("{id} | null")),
    ],
)
def test_a_shape_is_told_in_a_word_or_two(schema: dict[str, Any], expected: Shape) -> None:
    assert shape(schema) == expected


def test_every_operation_of_the_document_is_listed() -> None:
    listed = {(operation.method, operation.path) for operation in operations(openapi.document())}
    assert ("get", "/api/units/{slug}/index") in listed
    assert len(listed) == sum(len(item) for item in openapi.document()["paths"].values())


def test_every_operation_stands_in_one_chapter() -> None:
    document = openapi.document()
    told = [operation for chapter in chapters(document) for operation in chapter.operations]
    assert sorted(one.anchor for one in told) == sorted(one.anchor for one in operations(document))
    visits = next(chapter for chapter in chapters(document) if chapter.name == "Kunjungan dan bukti")
    assert "putVisit" in {operation.anchor for operation in visits.operations}
