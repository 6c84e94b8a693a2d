"""`RecordingMetrics` keeps every rule of its contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from infra_ref.observability.contracts.metrics_contract import MetricsContract
from infra_ref.observability.recording_metrics import Measured, RecordingMetrics


@dataclass(frozen=True)
class Told:
    """Reads what a `RecordingMetrics` was told."""

    metrics: RecordingMetrics

    def _found(self, name: str, kind: str, labels: dict[str, str]) -> Iterator[Measured]:
        for one in self.metrics.measured:
            if (one.name, one.kind) == (name, kind) and labels.items() <= one.labels.items():
                yield one

    def counted(self, name: str, /, **labels: str) -> float:
        return sum(one.value for one in self._found(name, "count", labels))

    def durations(self, name: str, /, **labels: str) -> tuple[int, float]:
        values = [one.value for one in self._found(name, "duration", labels)]
        return len(values), sum(values)

    def gauged(self, name: str, /, **labels: str) -> float | None:
        values = [one.value for one in self._found(name, "gauge", labels) if one.labels == labels]
        return values[-1] if values else None

    def series(self, name: str, /) -> int:
        return len({tuple(one.labels.items()) for one in self.metrics.measured if one.name == name})


class TestRecordingMetrics(MetricsContract):
    @cached_property
    def metrics(self) -> RecordingMetrics:
        return RecordingMetrics()

    @cached_property
    def read(self) -> Told:
        return Told(self.metrics)

    def make(self) -> RecordingMetrics:
        return self.metrics
