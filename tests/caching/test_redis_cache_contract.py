"""`RedisCache` keeps every rule of its contract, on fakeredis; give `client` a server's to try that one."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from typing import Any, ClassVar

from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import Redis

from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec


class TestRedisCacheOnFakeredis(LeasingCacheContract):
    lacks: ClassVar = {"wire": "fakeredis has no wire"}

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[RedisCache[Any]]:
        self.namespace = f"test/{secrets.token_hex(4)}"
        async with AsyncExitStack() as self.opened:
            yield await self.another()

    @cached_property
    def server(self) -> FakeServer:
        return FakeServer()

    async def client(self) -> Redis:
        client = FakeAsyncRedis(server=self.server)
        self.opened.push_async_callback(client.aclose)
        return client

    async def another(self) -> RedisCache[Any]:
        return self._cache(await self.client(), self.namespace)

    async def neighbour(self) -> RedisCache[Any]:
        # Its name begins like ours: a careless sweep would reach it.
        return self._cache(await self.client(), f"{self.namespace}0")

    async def plant(self, key: str, raw: bytes) -> bytes:
        client, name = await self.client(), f"{self.namespace}:{key}"
        before: Any = await client.get(name)
        await client.set(name, raw)
        return before or b""

    @property
    def outage(self) -> Outage:
        return Outage(self.server)

    def _cache(self, client: Redis, namespace: str) -> RedisCache[Any]:
        return RedisCache(client, namespace=namespace, codec=JsonCodec(), timeout=0.8)


class Outage:
    def __init__(self, server: FakeServer) -> None:
        self._server = server

    async def cut(self) -> None:
        self._server.connected = False

    async def restore(self) -> None:
        self._server.connected = True
