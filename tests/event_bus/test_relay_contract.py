"""The relay keeps its contract, on an outbox in memory."""

from __future__ import annotations

from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.event_bus.contracts.outbox_contract import LEASE
from infra_ref.event_bus.contracts.relay_contract import BACKOFF, BATCH, RelayContract
from infra_ref.event_bus.memory_outbox import MemoryOutbox
from infra_ref.event_bus.relay import Relay
from infra_ref.event_bus.testing.memory_tables import MemoryTables


class TestRelay(RelayContract):
    outbox_kind: Any = MemoryOutbox
    relay_kind: Any = Relay

    def make(self, clock: FakeClock) -> Any:
        self.database = MemoryTables()
        self.outbox = self.outbox_kind(self.database, now=clock.monotonic)
        return lambda queue, letters, outbox: self.relay_kind(
            outbox, queue, letters, batch=BATCH, lease=LEASE, backoff=BACKOFF, sleep=clock.sleep
        )
