"""The bus in memory keeps its contract."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from infra_ref.backoff import Backoff
from infra_ref.event_bus.contracts.bus_contract import ATTEMPTS, EventBusContract
from infra_ref.event_bus.memory_bus import MemoryBus, Undelivered

BACKOFF = Backoff(base=0.005, longest=0.02, jitter=0)


class TestMemoryBus(EventBusContract):
    lacks: ClassVar = {
        "timeout": "handlers run in the publisher's own task, which limits them as it likes",
        "bytes": "an event is handed over as it is, and never written",
    }

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[MemoryBus]:
        self.undelivered: list[Undelivered] = []

        async def dead(one: Undelivered) -> None:
            self.undelivered.append(one)

        async with MemoryBus(dead=dead, attempts=ATTEMPTS, backoff=BACKOFF) as bus:
            yield bus

    async def dead(self) -> list[Any]:
        return [(one.event.id, one.attempts, str(one.error)) for one in self.undelivered]
