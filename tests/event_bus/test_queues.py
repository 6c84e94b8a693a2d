"""The queue on Redis Streams keeps every rule of its contract on every server."""

from __future__ import annotations

from infra_ref.event_bus.contracts.stored_queue_contract import StoredQueueContract
from tests.event_bus.benches import RealRedisBench, ValkeyBench
from tests.event_bus.nats_bench import NatsBench


class TestOnValkey(ValkeyBench, StoredQueueContract):
    pass


class TestOnRedis(RealRedisBench, StoredQueueContract):
    pass


class TestOnNats(NatsBench, StoredQueueContract):
    pass
