"""Where caches are made for the contracts: each bench knows one store."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import BlockingConnectionPool, Redis, UnixDomainSocketConnection

from infra_ref.caching.leasing_port import LeasingCache
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.clock import FakeClock, SystemClock
from infra_ref.contract import Contract
from tests.servers.faulty_wire import faulty_wire

TIMEOUT = 1.2


class JumpingClock(SystemClock):
    """The machine's clock, with a wall clock that can be set."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def jump(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


class MemoryBench(Contract):
    """`dress` puts the decorators under test around the memory cache that `make` makes."""

    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return cache

    def make(self, clock: FakeClock) -> Any:
        from infra_ref.caching.memory_cache import MemoryCache

        return self.dress(MemoryCache(clock=clock), clock)


class RedisBench(Contract):
    """A namespace of its own on some Redis; `client` opens connections to it."""

    codec: Any = JsonCodec()

    def dress(self, cache: LeasingCache[Any], clock: FakeClock | None) -> Any:
        return cache

    def client(self) -> Redis:
        raise NotImplementedError

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        self.namespace = f"infra_ref/test/{secrets.token_hex(4)}"
        async with AsyncExitStack() as self.opened:
            yield await self.another()
            await self.sweep()

    async def sweep(self) -> None:
        client = await self._connect()
        names = [name async for name in client.scan_iter(match=f"{self.namespace}*", count=1000)]
        if names:
            await client.unlink(*names)

    async def another(self) -> Any:
        return self.dress(self._cache(await self._connect(), self.namespace), None)

    async def neighbour(self) -> Any:
        # Its name begins like ours: a careless sweep would reach it.
        return self.dress(self._cache(await self._connect(), f"{self.namespace}0"), None)

    async def plant(self, key: str, raw: bytes) -> bytes:
        client, name = await self._connect(), f"{self.namespace}:{key}"
        before: Any = await client.get(name)
        await client.set(name, raw)
        return before or b""

    def _cache(self, client: Redis, namespace: str) -> RedisCache[Any]:
        return RedisCache(client, namespace=namespace, codec=self.codec, timeout=TIMEOUT)

    async def _connect(self) -> Redis:
        client = self.client()
        self.opened.push_async_callback(client.aclose)
        return client


class FakeRedisBench(RedisBench):
    lacks: ClassVar = {"wire": "fakeredis has no wire"}

    @property
    def server(self) -> FakeServer:
        return self.__dict__.setdefault("_server", FakeServer())

    def client(self) -> Redis:
        return FakeAsyncRedis(server=self.server)

    @property
    def outage(self) -> Any:
        bench = self

        class Outage:
            async def cut(self) -> None:
                bench.server.connected = False

            async def restore(self) -> None:
                bench.server.connected = True

        return Outage()

    async def sweep(self) -> None:
        """The whole server goes with the bench."""


class ValkeyBench(RedisBench):
    """A real Valkey at the end of a wire that can be cut."""

    @pytest.fixture(autouse=True)
    def _at(self, valkey: Path, tmp_path: Path) -> None:
        self.socket, self.wire_path = valkey, tmp_path / "w"

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        async with (
            faulty_wire(self.wire_path, lambda: asyncio.open_unix_connection(self.socket)) as self.wire,
            super().make() as cache,
        ):
            yield cache

    @property
    def outage(self) -> Any:
        return self.wire

    async def sweep(self) -> None:
        await self.wire.cut()
        await self.wire.restore()
        await super().sweep()

    def client(self) -> Redis:
        pool = BlockingConnectionPool(
            connection_class=UnixDomainSocketConnection,
            path=str(self.wire_path),
            max_connections=20,
            timeout=1,
            socket_timeout=None,  # as make_cache has it: the cache bounds its own trips
        )
        return Redis.from_pool(pool)


class RealRedisBench(RedisBench):
    """The Redis at INFRA_REF_TEST_REDIS_URL."""

    lacks: ClassVar = {
        "outage": "this server is not ours to cut off; the Valkey of the tests is",
        "wire": "this server is not ours to cut off; the Valkey of the tests is",
    }

    @pytest.fixture(autouse=True)
    def _at(self) -> None:
        self.url = os.environ.get("INFRA_REF_TEST_REDIS_URL", "")
        if not self.url:
            pytest.skip("set INFRA_REF_TEST_REDIS_URL to the URL of a Redis")

    def client(self) -> Redis:
        return Redis.from_pool(BlockingConnectionPool.from_url(self.url, max_connections=20, timeout=1))
