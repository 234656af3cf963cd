"""What the database is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, event

_heard: ContextVar[list[str] | None] = ContextVar("statements", default=None)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements of a test and of what it calls; not those of what the server does by itself meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if _heard.get() is asked:
            asked.append(statement)

    token = _heard.set(asked)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        _heard.reset(token)
    assert asked, "what is counted must be heard"
