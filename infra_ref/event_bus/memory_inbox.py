"""An inbox in the tables of a database in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from infra_ref.event_bus.database_port import Database
from infra_ref.event_bus.outbox_port import checked_memory
from infra_ref.events import DomainEvent

Tables: TypeAlias = dict[type, dict[Any, Any]]
"""Rows by their kind and key, which a rollback puts back."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """When a group had an event."""

    time: float


class MemoryInbox:
    """An `Inbox` of one group for one process; times in seconds."""

    def __init__(
        self,
        database: Database[Tables],
        group: str,
        *,
        keep: float,
        redelivery: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._group, self._now = database, group, now
        self._keep = checked_memory(keep, redelivery)

    async def once(self, event: DomainEvent, effect: Callable[[Tables, DomainEvent], None]) -> bool:
        def work(tables: Tables) -> bool:
            seen = tables.setdefault(InboxRow, {})
            if (self._group, event.id) in seen:
                return False
            seen[self._group, event.id] = InboxRow(self._now())
            effect(tables, event)
            return True

        return await self._database.write(f"handle event {event.id}", work)

    async def purge(self) -> int:
        before = self._now() - self._keep

        def work(tables: Tables) -> int:
            seen = tables.setdefault(InboxRow, {})
            old = [key for key, row in seen.items() if key[0] == self._group and row.time < before]
            for key in old:
                del seen[key]
            return len(old)

        return await self._database.write("purge the inbox", work)
