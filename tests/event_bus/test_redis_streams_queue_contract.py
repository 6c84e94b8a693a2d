"""The queue on Redis Streams keeps its contract, on Redis as fakeredis plays it."""

from __future__ import annotations

from typing import Any

from fakeredis import FakeAsyncRedis, FakeServer

from infra_ref.event_bus.contracts.queue_contract import LIMIT
from infra_ref.event_bus.contracts.stored_queue_contract import StoredQueueContract
from infra_ref.event_bus.redis_streams_queue import RedisStreamsQueue


class TestRedisStreamsQueue(StoredQueueContract):
    def make(self) -> RedisStreamsQueue:
        self.server = FakeServer()
        self.client = FakeAsyncRedis(server=self.server)
        return RedisStreamsQueue(self.client, name="test", lease=0.9, limit=LIMIT)

    async def plant(self, raw: bytes) -> None:
        await self.client.xadd("test:stream", {b"what": raw})

    async def vanish(self, delivery: Any) -> None:
        await self.client.xdel("test:stream", delivery.token)

    async def kept(self) -> int:
        return int(await self.client.xlen("test:stream"))

    @property
    def outage(self) -> Any:
        server = self.server

        class Outage:
            async def cut(self) -> None:
                server.connected = False

            async def restore(self) -> None:
                server.connected = True

        return Outage()
