"""What an operator watches: liveness with readiness, and Prometheus metrics of this process."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text

from server.asgi import Asked, Reply, hot, json_reply

RESPONSES = Counter("loket_responses", "Survey answers, by what became of them", ["outcome"])
BATCH_SIZE = Histogram(
    "loket_commit_batch_size", "Answers stored by one commit", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500)
)
COMMIT_SECONDS = Histogram(
    "loket_commit_seconds",
    "From taking a batch to its durable commit",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
WAITING = Gauge("loket_answers_waiting", "Answers that wait for the writer")


@hot("/health", access="public")
async def health(asked: Asked) -> Reply:
    """200 while this process can read its database; 500 with its problem otherwise."""
    async with asked.state.database.reading() as session:
        await session.execute(text("SELECT 1"))
    return json_reply(b'{"status":"ok"}')


@hot("/metrics", access="public")
async def metrics(asked: Asked) -> Reply:
    """Counts and times only: nothing here tells of a person or a place."""
    return Reply(200, generate_latest(), {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


routes = [health, metrics]
