"""A cancellation is never lost, whatever a client's library makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.contract import run
from infra_ref.event_bus.redis_dead_letters import RedisDeadLetters
from infra_ref.event_bus.redis_streams_queue import RedisStreamsQueue
from infra_ref.gateway.discovery.redis_service_registry import RedisServiceRegistry
from infra_ref.gateway.rate_limiting.rate_window import Rate
from infra_ref.gateway.rate_limiting.redis_rate_limiter import RedisRateLimiter
from infra_ref.security.redis_token_store import RedisTokenStore
from infra_ref.strict_timeout import strict_timeout

Timeout = Callable[[float], Any]


async def swallows() -> str:
    """Do as `asyncio.wait_for` of Python 3.11 does when it is cancelled at the end."""
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        return "as if nothing had happened"
    return "slept"


async def fails() -> None:
    """Do as a client does whose cleaning up fails."""
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise ConnectionError("while closing") from None


async def cancelled(call: Callable[[], Awaitable[Any]], limit: Timeout = strict_timeout) -> bool:
    async def caller() -> None:
        async with limit(5):
            await call()

    task = asyncio.create_task(caller())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    return task.cancelled()


@pytest.mark.parametrize("call", [swallows, fails, lambda: asyncio.sleep(10)])
def test_a_cancellation_is_not_lost(call: Callable[[], Awaitable[Any]]) -> None:
    assert run(cancelled(call))


def test_without_it_one_is() -> None:
    assert not run(cancelled(swallows, asyncio.timeout))


def test_it_is_over_in_time_and_says_so() -> None:
    async def story() -> None:
        async with strict_timeout(0.001):
            await asyncio.sleep(10)

    with pytest.raises(TimeoutError):
        run(story())


def test_inside_another_timeout_it_is_that_one_that_is_over() -> None:
    async def story() -> str:
        try:
            async with asyncio.timeout(0.001):
                async with strict_timeout(10):
                    await swallows()
                return "went on"
        except TimeoutError:
            return "over"

    assert run(story()) == "over"


def calls(client: Redis) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Return a call of each adapter on Redis."""
    queue = RedisStreamsQueue(client, name="cancelled")
    limiter = RedisRateLimiter(client, Rate(1_000_000, 1.0), namespace="cancelled")
    registry = RedisServiceRegistry(client, namespace="cancelled")
    return {
        "cache": lambda: RedisCache(client, namespace="cancelled", codec=JsonCodec()).get("k"),
        "dead letters": RedisDeadLetters(client, queue, name="cancelled").letters,
        "limiter": lambda: limiter.acquire("k"),
        "registry": lambda: registry.instances("users"),
        "token store": lambda: RedisTokenStore(client, namespace="cancelled").is_revoked("s"),
    }


@asynccontextmanager
async def client_with_its_own_timeout(socket: Path) -> AsyncGenerator[Redis]:
    client = Redis(unix_socket_path=str(socket), socket_timeout=5)
    try:
        yield client
    finally:
        await client.aclose()


@pytest.mark.parametrize("name", ["cache", "dead letters", "limiter", "registry", "token store"])
def test_adapters_on_redis_end_when_cancelled(name: str, valkey: Path) -> None:
    async def story() -> list[int]:
        went_on = []
        async with client_with_its_own_timeout(valkey) as client:
            call = calls(client)[name]
            await call()
            for steps in range(1, 40):
                task = asyncio.create_task(forever(call))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                done, _ = await asyncio.wait({task}, timeout=0.5)
                if not done:
                    went_on.append(steps)
                    task.cancel()
                    await asyncio.wait({task}, timeout=5)
        return went_on

    async def forever(call: Callable[[], Awaitable[Any]]) -> None:
        while True:
            await call()

    assert run(story()) == []
