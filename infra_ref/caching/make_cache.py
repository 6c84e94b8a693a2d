"""Choose a cache by URL: the one place that knows all adapters by name."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from infra_ref.caching.codec_port import Codec
from infra_ref.caching.leasing_port import LeasingCache
from infra_ref.caching.memory_cache import MemoryCache


@asynccontextmanager
async def make_cache(
    url: str, *, namespace: str, codec: Codec[Any] | None = None
) -> AsyncGenerator[LeasingCache[Any]]:
    """Open the cache at `url`, and close its connections at the end.

        memory://                   this process only
        fakeredis://                Redis, played in this process
        redis://host:6379/0         Redis or Valkey; rediss:// with TLS, unix:///path by socket

    `codec` is JSON of plain data unless given. Raises ValueError for any other
    URL, ModuleNotFoundError if what the URL needs is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        yield MemoryCache()
    elif scheme in ("fakeredis", "redis", "rediss", "unix"):
        try:
            from infra_ref.caching.redis_cache import RedisCache
            from infra_ref.caching.value_codecs.json_codec import JsonCodec

            client = _client(url)
        except ModuleNotFoundError as missing:
            extra = "fakeredis" if scheme == "fakeredis" else "redis"
            raise ModuleNotFoundError(f"{missing}: pip install 'infra-ref[{extra}]'") from missing
        try:
            yield RedisCache(client, namespace=namespace, codec=codec or JsonCodec())
        finally:
            await client.aclose()
    else:
        raise ValueError(
            f"no cache is known for {scheme!r} URLs: write memory://, fakeredis:// or redis://host:6379/0"
        )


def _client(url: str) -> Any:
    if urlsplit(url).scheme == "fakeredis":
        from fakeredis import FakeAsyncRedis

        return FakeAsyncRedis()
    from redis.asyncio import BlockingConnectionPool, Redis

    # The plain pool raises when its connections are all in use; this one waits. `RedisCache` bounds
    # each trip, so a second timeout for every send, which costs a task of its own, is switched off.
    pool = BlockingConnectionPool.from_url(url, max_connections=50, timeout=1.0, socket_timeout=None)
    return Redis.from_pool(pool)
