"""`MemoryMetrics` keeps every rule of its contract."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra_ref.observability.contracts.metrics_contract import MetricsContract
from infra_ref.observability.decisions.series import labelled
from infra_ref.observability.memory_metrics import MemoryMetrics


@dataclass(frozen=True)
class InMemory:
    """Reads the tables of a `MemoryMetrics`."""

    metrics: MemoryMetrics

    def counted(self, name: str, /, **labels: str) -> float:
        return self.metrics.counted(name, **labels)

    def durations(self, name: str, /, **labels: str) -> tuple[int, float]:
        wanted = set(labels.items())
        found = [one for key, one in self.metrics.durations.get(name, {}).items() if wanted <= set(key)]
        return sum(one.count for one in found), sum(one.total for one in found)

    def gauged(self, name: str, /, **labels: str) -> float | None:
        return found.last if (found := self.metrics.gauges.get(name, {}).get(labelled(labels))) else None

    def series(self, name: str, /) -> int:
        tables: list[Any] = [self.metrics.counters, self.metrics.gauges, self.metrics.durations]
        return sum(len(table.get(name, {})) for table in tables)


class TestMemoryMetrics(MetricsContract):
    kind = MemoryMetrics

    @cached_property
    def metrics(self) -> MemoryMetrics:
        return self.kind()

    @cached_property
    def read(self) -> InMemory:
        return InMemory(self.metrics)

    def ratio(self, name: str, of: str) -> float | None:
        return self.metrics.ratio(name, of)

    def make(self) -> MemoryMetrics:
        return self.metrics
