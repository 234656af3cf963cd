"""What an office knows, but for when it heard it: the same records over a line without faults must end in the same."""

import json
import sqlite3
from collections import Counter
from collections.abc import Set
from contextlib import closing
from typing import Any, NamedTuple

from sqlalchemy import Column, Integer

from server.database import Table
from tests.faults.field import Office

_WHEN = {
    *("at", "since", "created_at", "received_at", "submitted_at", "judged_at", "recorded_at", "added_at"),
    *("uploaded_at", "brought_at", "first_seen_at", "seen_at", "expires_at", "looked_at", "skew_ms"),
}
"""Columns that tell when something reached the office; what a phone says of its own time is compared."""

_ONLY: dict[str, set[str]] = {
    # a seal holds the time and the seal before; the numbers of steps and marks are those of the answers that got lost
    "audit_events": {"person_id", "actor", "act", "subject", "facts"},
    "sync_told": {"person_id", "kind", "id", "is_gone"},
    "sync_steps": set(),
    # found by and by after everything is here, whatever the line did
    "inspection_signals": set(),
}
_WHERE = {"sync_uploads": "stored_sha256 IS NULL AND NOT is_gone"}
"""How often a file was begun is the line's doing; that nothing of it waits any more is not."""


class Known(NamedTuple):
    rows: dict[str, Counter[tuple[Any, ...]]]
    files: set[str]
    """In the folders of evidence and of uploads."""


def known_to(office: Office, but: Set[str] = frozenset()) -> Known:
    """Every row of every table, and the name of every file but those it had before."""
    with closing(sqlite3.connect(office.file)) as database:
        rows = {
            table.name: Counter(
                tuple(map(_timeless, row))
                for row in database.execute(
                    f"SELECT {', '.join(columns)} FROM {table.name} WHERE {_WHERE.get(table.name, 'TRUE')}"
                )
            )
            for table in Table.metadata.sorted_tables
            if (columns := [f'"{column.name}"' for column in table.columns if _is_compared(column)])
        }
    folders = (office.data / "evidence", office.data / "uploads")
    files = {file.name for folder in folders for file in folder.rglob("*") if file.is_file()}
    return Known(rows, files - but)


def copied(office: Office, to: Office) -> None:
    """Lets another office know what this one knows, as from a backup."""
    with closing(sqlite3.connect(office.file)) as here, closing(sqlite3.connect(to.file)) as there:
        here.backup(there)


def difference(here: Known, there: Known) -> dict[str, Any]:
    """What only one of them knows, by table."""
    told = {
        name: {"only here": list(rows - there.rows[name]), "only there": list(there.rows[name] - rows)}
        for name, rows in here.rows.items()
        if rows != there.rows[name]
    }
    return told | ({"files": here.files ^ there.files} if here.files != there.files else {})


def _is_compared(column: Column[Any]) -> bool:
    only = _ONLY.get(column.table.name)
    if only is not None:
        return column.name in only
    is_number_of_arrival = column.name == "id" and isinstance(column.type, Integer)
    return column.name not in _WHEN and not is_number_of_arrival


def _timeless(value: Any) -> Any:
    """The trail tells also by how much a clock was wrong when it was heard."""
    if isinstance(value, str) and '"skew_ms"' in value:
        return json.dumps({**json.loads(value), "skew_ms": None}, sort_keys=True)
    return value
