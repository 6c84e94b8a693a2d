"""The outbox in memory keeps its contract."""

from __future__ import annotations

from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.event_bus.contracts.outbox_contract import OutboxContract
from infra_ref.event_bus.memory_outbox import MemoryOutbox
from infra_ref.event_bus.testing.memory_tables import MemoryTables


class TestMemoryOutbox(OutboxContract):
    kind: Any = MemoryOutbox

    def make(self, clock: FakeClock) -> MemoryOutbox:
        self.database = MemoryTables()
        return self.kind(self.database, now=clock.monotonic)
