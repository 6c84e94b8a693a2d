"""What each of two processes does when a key that all want is missing."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from redis.asyncio import Redis

from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.msgspec_codec import MsgspecCodec

LOADS = 0.05
"""Seconds that the loader takes."""


def missing(url: str, namespace: str, callers: int, start: float) -> float:
    """Let that many callers miss at `start`, a wall clock's time, and return when the last has its value."""
    return asyncio.run(_missing(url, namespace, callers, start))


async def _missing(url: str, namespace: str, callers: int, start: float) -> float:
    async with Redis.from_url(url) as client:
        cache = RedisCache[int](client, namespace=namespace, codec=MsgspecCodec(int))
        flights: Any = SingleFlightCache(cache)

        async def load() -> int:
            await client.incr(f"{namespace}/loads")
            await asyncio.sleep(LOADS)
            return 7

        await cache.exists("connected")
        await asyncio.sleep(start - time.time())
        values = await asyncio.gather(*[flights.get_or_load("wanted", load) for _ in range(callers)])
        ended = time.time()
        assert set(values) == {7}
        return ended
