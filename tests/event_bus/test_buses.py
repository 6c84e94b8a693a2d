"""The bus over a queue keeps every rule of its contract on every server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from infra_ref.event_bus.contracts.bus_contract import EventBusContract
from infra_ref.event_bus.queue_bus import QueueBus
from infra_ref.event_bus.redis_streams_queue import RedisStreamsQueue
from tests.event_bus.benches import FakeRedisBench, RealRedisBench, ValkeyBench
from tests.event_bus.nats_bench import NatsBench
from tests.event_bus.test_queue_bus_contract import OverQueue


class OverRedis(OverQueue):
    connect: Any
    dead_letters: Any
    name: str

    @asynccontextmanager
    async def made(self) -> AsyncGenerator[QueueBus]:
        queue = RedisStreamsQueue(await self.connect(), name=self.name, lease=5)
        async with self.bus(queue, await self.dead_letters(queue)) as bus:
            yield bus


class OverNats(OverQueue):
    a_queue: Any
    dead_letters: Any

    @asynccontextmanager
    async def made(self) -> AsyncGenerator[QueueBus]:
        queue = self.a_queue(lease=5, limit=1000)
        async with self.bus(queue, await self.dead_letters(queue)) as bus:
            yield bus


class TestOnNats(OverNats, NatsBench, EventBusContract):
    pass


class TestOnFakeredis(OverRedis, FakeRedisBench, EventBusContract):
    pass


class TestOnValkey(OverRedis, ValkeyBench, EventBusContract):
    pass


class TestOnRedis(OverRedis, RealRedisBench, EventBusContract):
    pass
