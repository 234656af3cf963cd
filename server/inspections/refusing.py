"""Refusals that are kept: somebody tried to change a record of an inspection and was refused, for the audit trail.

The transaction of a refused request is rolled back whole, so its entry is written after it, in one of its own.
"""

import re
from typing import Any

from litestar.types import Scope

from server.accounts import audit
from server.accounts.access import Viewer
from server.problems import Problem

READING = frozenset({"GET", "HEAD", "OPTIONS"})

_OURS = re.compile(r"/(api|staff)/(inspections|instruments)(/|$)")


async def record_refusal(error: Exception, scope: Scope) -> None:
    """After an exception: keeps the refusal if the address is one of inspections and somebody signed in meant to
    change something."""
    problem = error if isinstance(error, Problem) else error.__cause__
    viewer = scope.get("user")
    if (
        not isinstance(problem, Problem)
        or not isinstance(viewer, Viewer)
        or scope["method"] in READING  # type: ignore[typeddict-item]
        or _OURS.match(scope["path"]) is None
    ):
        return
    state: Any = scope["litestar_app"].state
    async with state.database.writing() as session:
        await audit.record(
            session,
            state.clock(),
            viewer,
            "refused",
            scope["path"],
            code=problem.code,
            said=problem.detail,
        )
