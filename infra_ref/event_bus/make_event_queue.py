"""Choose a message queue by URL: the one place that knows all adapters by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

from infra_ref.event_bus.dead_letter_port import DeadLetterQueue
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.queue_port import MessageQueue


@asynccontextmanager
async def make_event_queue(url: str, *, name: str) -> AsyncGenerator[tuple[MessageQueue, DeadLetterQueue]]:
    """Open the queue `name` at `url` with its dead letters, and close its connections at the end.

        memory://                   this process only
        fakeredis://                Redis, played in this process
        redis://host:6379/0         Redis or Valkey; rediss:// with TLS, unix:///path by socket
        nats://one,nats://two       NATS with JetStream; `name` has letters, digits, _ and - only

    Raises ValueError for any other URL, ModuleNotFoundError if what the URL needs is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        queue = MemoryQueue()
        yield queue, MemoryDeadLetters(queue)
    elif scheme in ("fakeredis", "redis", "rediss", "unix"):
        with _installed("fakeredis" if scheme == "fakeredis" else "redis"):
            from infra_ref.event_bus.redis_dead_letters import RedisDeadLetters
            from infra_ref.event_bus.redis_streams_queue import RedisStreamsQueue

            client = _redis(url)
        try:
            streams = RedisStreamsQueue(client, name=name)
            yield streams, RedisDeadLetters(client, streams, name=name)
        finally:
            await client.aclose()
    elif scheme in ("nats", "tls"):
        with _installed("nats"):
            import nats

            from infra_ref.event_bus.jetstream_dead_letters import JetStreamDeadLetters
            from infra_ref.event_bus.jetstream_queue import JetStreamQueue
        async with asyncio.timeout(5):  # then it would go on trying
            opened = await nats.connect(url.split(","), max_reconnect_attempts=-1, error_cb=_quiet)
        async with opened as connected:
            jetstream = JetStreamQueue(connected.jetstream(), name=name)
            yield jetstream, JetStreamDeadLetters(connected.jetstream(), jetstream, name=name)
    else:
        known = "memory://, fakeredis://, redis://host:6379/0 or nats://host:4222"
        raise ValueError(f"no queue is known for {scheme!r} URLs: write {known}")


@contextmanager
def _installed(extra: str) -> Generator[None]:
    try:
        yield
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(f"{missing}: pip install 'infra-ref[{extra}]'") from missing


async def _quiet(error: Exception) -> None:
    """Leave it to the call that fails."""


def _redis(url: str) -> Any:
    if url.startswith("fakeredis"):
        from fakeredis import FakeAsyncRedis

        return FakeAsyncRedis()
    from redis.asyncio import BlockingConnectionPool, Redis

    # The plain pool raises when its connections are all in use; this one waits.
    return Redis.from_pool(BlockingConnectionPool.from_url(url, max_connections=50, timeout=1.0))
