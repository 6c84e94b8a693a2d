"""The bus over a queue keeps its contract."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from infra_ref.backoff import Backoff
from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.bus_contract import ATTEMPTS, LARGEST, TIMEOUT, EventBusContract
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.queue_bus import QueueBus

BACKOFF = Backoff(base=0.005, longest=0.02, jitter=0)
RETRYING = Retrying(attempts=ATTEMPTS, backoff=BACKOFF, timeout=TIMEOUT)


class OverQueue(Contract):
    letters: Any

    @asynccontextmanager
    async def bus(self, queue: Any, dead_letters: Any) -> AsyncGenerator[QueueBus]:
        self.letters = dead_letters
        async with QueueBus(queue, dead_letters, retrying=RETRYING, largest=LARGEST) as bus:
            yield bus

    async def dead(self) -> list[Any]:
        return [(one.message.id, one.attempts, one.reason) for one in await self.letters.letters()]


class TestQueueBus(OverQueue, EventBusContract):
    @asynccontextmanager
    async def make(self) -> AsyncGenerator[QueueBus]:
        queue = MemoryQueue()
        async with self.bus(queue, MemoryDeadLetters(queue)) as bus:
            yield bus
