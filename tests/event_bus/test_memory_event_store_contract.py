"""The event store in memory keeps its contracts."""

from __future__ import annotations

from typing import ClassVar

from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.store_contract import UPCASTS, EventStoreContract, SnapshotStoreContract
from infra_ref.event_bus.memory_event_store import MemoryEventStore


class InMemory(Contract):
    lacks: ClassVar = {"slow_writer": "a writer is never half done: nothing here waits"}

    def make(self) -> MemoryEventStore:
        return MemoryEventStore(upcasts=UPCASTS)


class TestMemoryEventStore(InMemory, EventStoreContract):
    pass


class TestMemorySnapshots(InMemory, SnapshotStoreContract):
    pass
