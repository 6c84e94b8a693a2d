"""`OpenTelemetryMetrics` keeps every rule of its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from infra_ref.observability.contracts.metrics_contract import MetricsContract
from infra_ref.observability.opentelemetry_metrics import OpenTelemetryMetrics


class Collected:
    """Reads what an exporter would send."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)

    def _found(self, name: str, labels: dict[str, str] | None = None) -> Iterator[Any]:
        data: Any = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points if metric.name == name else ():
                        if (labels or {}).items() <= dict(point.attributes).items():
                            yield point

    def counted(self, name: str, /, **labels: str) -> float:
        return sum(one.value for one in self._found(name, labels) if hasattr(one, "value"))

    def durations(self, name: str, /, **labels: str) -> tuple[int, float]:
        points = [one for one in self._found(name, labels) if hasattr(one, "sum")]
        return sum(one.count for one in points), sum(one.sum for one in points)

    def gauged(self, name: str, /, **labels: str) -> float | None:
        values = [one.value for one in self._found(name, labels) if dict(one.attributes) == labels]
        return values[-1] if values and name != "calls" else None

    def series(self, name: str, /) -> int:
        return len(list(self._found(name)))


class TestOpenTelemetryMetrics(MetricsContract):
    lacks: ClassVar[Mapping[str, str]] = {"ratio": "whoever gets the figures calculates"}

    @cached_property
    def read(self) -> Collected:
        return Collected()

    def make(self) -> OpenTelemetryMetrics:
        return OpenTelemetryMetrics(self.read.provider.get_meter("test"))
