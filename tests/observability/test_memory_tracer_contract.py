"""`MemoryTracer` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.observability.contracts.tracer_contract import TracerContract
from infra_ref.observability.memory_tracer import MemorySpan, MemoryTracer


class TestMemoryTracer(TracerContract):
    kind: type[MemoryTracer] = MemoryTracer

    def make(self) -> MemoryTracer:
        self._tracer = self.kind()
        return self._tracer

    def ended(self) -> list[MemorySpan]:
        return list(self._tracer.spans)
