"""The queue in memory keeps its contract."""

from __future__ import annotations

from infra_ref.clock import FakeClock
from infra_ref.event_bus.contracts.queue_contract import LIMIT, MessageQueueContract
from infra_ref.event_bus.memory_queue import MemoryQueue


class TestMemoryQueue(MessageQueueContract):
    def make(self, clock: FakeClock) -> MemoryQueue:
        return MemoryQueue(clock=clock, lease=0.5, limit=LIMIT)
