"""Every message queue keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.clock import FakeClock
from infra_ref.event_bus.contracts.queue_contract import LIMIT, MessageQueueContract, StoredQueueContract
from infra_ref.event_bus.memory_queue import MemoryQueue
from tests.event_bus.benches import LEASE, FakeRedisBench, RealRedisBench, ValkeyBench


class TestMemoryQueue(MessageQueueContract):
    def make(self, clock: FakeClock) -> MemoryQueue:
        return MemoryQueue(clock=clock, lease=LEASE, limit=LIMIT)


class TestRedisStreamsOnFakeredis(FakeRedisBench, StoredQueueContract):
    pass


class TestRedisStreamsOnValkey(ValkeyBench, StoredQueueContract):
    pass


class TestRedisStreamsOnRedis(RealRedisBench, StoredQueueContract):
    pass
