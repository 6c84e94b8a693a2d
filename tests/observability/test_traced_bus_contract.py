"""Traced, a bus is a bus like any other: `TracedBus` keeps every rule of one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from infra_ref.backoff import Backoff
from infra_ref.event_bus.contracts.bus_contract import ATTEMPTS, EventBusContract
from infra_ref.event_bus.memory_bus import MemoryBus, Undelivered
from infra_ref.observability.decorators.traced_bus import TracedBus
from infra_ref.observability.memory_tracer import MemoryTracer

BACKOFF = Backoff(base=0.005, longest=0.02, jitter=0)


class TestTracedBus(EventBusContract):
    lacks: ClassVar = {
        "timeout": "handlers run in the publisher's own task, which limits them as it likes",
        "bytes": "an event is handed over as it is, and never written",
    }

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[TracedBus]:
        self.undelivered: list[Undelivered] = []

        async def dead(one: Undelivered) -> None:
            self.undelivered.append(one)

        async with MemoryBus(dead=dead, attempts=ATTEMPTS, backoff=BACKOFF) as bus:
            yield TracedBus(bus, MemoryTracer())

    async def dead(self) -> list[Any]:
        return [(one.event.id, one.attempts, str(one.error)) for one in self.undelivered]
