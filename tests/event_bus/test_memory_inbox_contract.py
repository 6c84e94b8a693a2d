"""The inbox in memory keeps its contract."""

from __future__ import annotations

from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.event_bus.contracts.inbox_contract import KEEP, REDELIVERY, InboxContract
from infra_ref.event_bus.memory_inbox import MemoryInbox
from infra_ref.event_bus.testing.memory_tables import MemoryTables
from infra_ref.events import DomainEvent


class TestMemoryInbox(InboxContract):
    kind: Any = MemoryInbox

    def make(self, clock: FakeClock) -> MemoryInbox:
        self.database = MemoryTables()
        return self.inbox_of("mailer", KEEP, REDELIVERY)

    def inbox_of(self, group: str, keep: float, redelivery: float) -> MemoryInbox:
        return self.kind(self.database, group, keep=keep, redelivery=redelivery, now=self.clock.monotonic)

    def effect(self, handle: Any, event: DomainEvent) -> None:
        done = handle.setdefault(DomainEvent, {})
        done[len(done)] = event.id

    async def effects(self) -> list[str]:
        return list(self.database.tables.get(DomainEvent, {}).values())
