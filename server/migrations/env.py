"""Alembic's entry: runs the steps on the connection it is handed."""

from alembic import context

from server.accounts import tables as _accounts  # noqa: F401
from server.database import Table
from server.inspections import tables as _inspections  # noqa: F401
from server.surveys import tables as _surveys  # noqa: F401
from server.sync import tables as _sync  # noqa: F401
from server.units import tables as _units  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
