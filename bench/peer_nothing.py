"""The ceiling of the framework: an ordinary Litestar route that decodes the same answer and stores nothing."""

from litestar import Litestar, get, post
from litestar.params import JSONBody

from server.surveys.wire import SubmittedResponse


@post("/", status_code=201)
async def take(data: JSONBody[SubmittedResponse]) -> dict[str, str]:
    return {"counter": data.counter}


@get("/")
async def alive() -> str:
    return "alive"


app = Litestar([take, alive], openapi_config=None)
