"""The ceiling of the framework: ordinary Litestar routes that decode the same and store nothing."""

from typing import Any

import msgspec
from litestar import Litestar, Request, get, post
from litestar.params import JSONBody

from server.surveys.wire import SubmittedResponse
from server.sync.wire import Push, PushedItem


@post("/", status_code=201)
async def take(data: JSONBody[SubmittedResponse]) -> dict[str, str]:
    return {"counter": data.counter}


@post("/push", status_code=200)
async def take_push(request: Request[Any, Any, Any]) -> list[str]:
    data = msgspec.json.decode(await request.body(), type=Push)
    return [str(msgspec.json.decode(item, type=PushedItem).id) for item in data.items]


@post("/photos", status_code=201)
async def take_photo(request: Request[Any, Any, Any]) -> int:
    return len(await request.body())


@get("/")
async def alive() -> str:
    return "alive"


app = Litestar([take, take_push, take_photo, alive], openapi_config=None)
