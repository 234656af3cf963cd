"""What is usually built: the same stored by SQLAlchemy and aiosqlite, durable, one commit per request; a photo written
to a file of its own.
"""

import asyncio
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from litestar import Litestar, Request, get, post
from litestar.params import JSONBody
from sqlalchemy import Column, Integer, MetaData, String, event, insert
from sqlalchemy import Table as SqlTable
from sqlalchemy.ext.asyncio import create_async_engine

from server.skm.rules import ELEMENTS
from server.surveys.wire import SubmittedResponse
from server.sync.wire import Push, PushedItem

place = Path(os.environ["PEER_PLACE"])
place.mkdir()
engine = create_async_engine(f"sqlite+aiosqlite:///{place / 'peer.db'}")
metadata = MetaData()
answers = SqlTable(
    "answers", metadata, Column("id", String, primary_key=True), *(Column(key, Integer) for key in ELEMENTS)
)
records = SqlTable(
    "records",
    metadata,
    Column("id", String, primary_key=True),
    Column("sha256", String),
    Column("body", String),
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


@post("/push", status_code=200)
async def take_push(request: Request[Any, Any, Any]) -> list[str]:
    data = msgspec.json.decode(await request.body(), type=Push)
    items = [msgspec.json.decode(item, type=PushedItem) for item in data.items]
    rows = [
        {"id": uuid4().hex, "sha256": item.body_sha256, "body": bytes(item.body).decode()} for item in items
    ]
    async with turn, engine.begin() as connection:
        await connection.execute(insert(records), rows)
    return [str(item.id) for item in items]


@post("/photos", status_code=201)
async def take_photo(request: Request[Any, Any, Any]) -> int:
    return await asyncio.to_thread(_keep, await request.body())


def _keep(photo: bytes) -> int:
    with (place / uuid4().hex).open("wb") as file:
        file.write(photo)
        file.flush()
        os.fsync(file.fileno())
    return len(photo)


@get("/")
async def alive() -> str:
    return "alive"


async def prepare() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


app = Litestar([take, take_push, take_photo, alive], on_startup=[prepare], openapi_config=None)
