"""`OnceEmailService` keeps every rule of its contract, on fakeredis, whose server can be away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fakeredis import FakeAsyncRedis, FakeServer

from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.notification.contracts.once_contract import OnceEmailContract
from infra_ref.notification.decorators.once_email_service import OnceEmailService


class TestOnceOnFakeredis(OnceEmailContract):
    kind = OnceEmailService

    @asynccontextmanager
    async def make(self) -> AsyncIterator[Any]:
        self.server = FakeServer()
        async with FakeAsyncRedis(server=self.server) as client:
            cache: RedisCache[Any] = RedisCache(client, namespace="sent", codec=JsonCodec(), timeout=0.8)
            yield lambda inner: self.kind(inner, cache=cache)

    @property
    def outage(self) -> Any:
        server = self.server

        class Outage:
            async def cut(self) -> None:
                server.connected = False

        return Outage()
