"""What is usually built: the same answer stored by SQLAlchemy and aiosqlite, durable, one commit per request."""

import asyncio
import os
from uuid import uuid4

from litestar import Litestar, get, post
from litestar.params import JSONBody
from sqlalchemy import Column, Integer, MetaData, String, event, insert
from sqlalchemy import Table as SqlTable
from sqlalchemy.ext.asyncio import create_async_engine

from server.skm.rules import ELEMENTS
from server.surveys.wire import SubmittedResponse

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['PEER_DATABASE']}")
metadata = MetaData()
answers = SqlTable(
    "answers", metadata, Column("id", String, primary_key=True), *(Column(key, Integer) for key in ELEMENTS)
)
turn = asyncio.Lock()


@event.listens_for(engine.sync_engine, "connect")
def durable(connection: object, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]
    connection.execute("PRAGMA synchronous=FULL")  # type: ignore[attr-defined]


@post("/", status_code=201)
async def take(data: JSONBody[SubmittedResponse]) -> dict[str, str]:
    row = {"id": uuid4().hex, **{key: getattr(data.answers, key) for key in ELEMENTS}}
    async with turn, engine.begin() as connection:
        await connection.execute(insert(answers).values(row))
    return {"id": row["id"]}


@get("/")
async def alive() -> str:
    return "alive"


async def prepare() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


app = Litestar([take, alive], on_startup=[prepare], openapi_config=None)
