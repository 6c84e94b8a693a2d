"""`RedisTokenStore` keeps every rule of its contract, on fakeredis."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fakeredis import FakeAsyncRedis, FakeServer

from infra_ref.security.contracts.token_store_contract import TokenStoreContract
from infra_ref.security.redis_token_store import RedisTokenStore


class TestRedisTokenStoreOnFakeredis(TokenStoreContract):
    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        self.server = FakeServer()
        client = FakeAsyncRedis(server=self.server)
        try:
            yield RedisTokenStore(client, namespace="test")
        finally:
            await client.aclose()

    @property
    def outage(self) -> Any:
        bench = self

        class Outage:
            async def cut(self) -> None:
                bench.server.connected = False

            async def restore(self) -> None:
                bench.server.connected = True

        return Outage()
