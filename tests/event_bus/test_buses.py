"""Every event bus keeps every rule of its contract."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from infra_ref.backoff import Backoff
from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.bus_contract import ATTEMPTS, LARGEST, TIMEOUT, EventBusContract
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.memory_bus import MemoryBus, Undelivered
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.queue_bus import QueueBus
from infra_ref.event_bus.redis_streams_queue import RedisStreamsQueue
from tests.event_bus.benches import FakeRedisBench, RealRedisBench, ValkeyBench

BACKOFF = Backoff(base=0.005, longest=0.02, jitter=0)
RETRYING = Retrying(attempts=ATTEMPTS, backoff=BACKOFF, timeout=TIMEOUT)


class TestMemoryBus(EventBusContract):
    lacks: ClassVar = {
        "timeout": "handlers run in the publisher's own task, which limits them as it likes",
        "bytes": "an event is handed over as it is, and never written",
    }

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[MemoryBus]:
        self.given_up: list[Undelivered] = []

        async def dead(one: Undelivered) -> None:
            self.given_up.append(one)

        async with MemoryBus(dead=dead, attempts=ATTEMPTS, backoff=BACKOFF) as bus:
            yield bus

    async def dead(self) -> list[Any]:
        return [(one.event.id, one.attempts, str(one.error)) for one in self.given_up]


class OverQueue(Contract):
    letters: Any

    @asynccontextmanager
    async def bus(self, queue: Any, dead_letters: Any) -> AsyncGenerator[QueueBus]:
        self.letters = dead_letters
        async with QueueBus(queue, dead_letters, retrying=RETRYING, largest=LARGEST) as bus:
            yield bus

    async def dead(self) -> list[Any]:
        return [(one.message.id, one.attempts, one.reason) for one in await self.letters.letters()]


class TestQueueBusInMemory(OverQueue, EventBusContract):
    @asynccontextmanager
    async def make(self) -> AsyncGenerator[QueueBus]:
        queue = MemoryQueue()
        async with self.bus(queue, MemoryDeadLetters(queue)) as bus:
            yield bus


class OverRedis(OverQueue):
    connect: Any
    dead_letters: Any
    name: str

    @asynccontextmanager
    async def made(self) -> AsyncGenerator[QueueBus]:
        queue = RedisStreamsQueue(await self.connect(), name=self.name, lease=5)
        async with self.bus(queue, await self.dead_letters(queue)) as bus:
            yield bus


class TestQueueBusOnFakeredis(OverRedis, FakeRedisBench, EventBusContract):
    pass


class TestQueueBusOnValkey(OverRedis, ValkeyBench, EventBusContract):
    pass


class TestQueueBusOnRedis(OverRedis, RealRedisBench, EventBusContract):
    pass
