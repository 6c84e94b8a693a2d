"""`PrometheusMetrics` keeps every rule of its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from prometheus_client.samples import Sample

from infra_ref.observability.contracts.metrics_contract import MetricsContract
from infra_ref.observability.prometheus_metrics import PrometheusMetrics


class Fetched:
    """Reads the samples that Prometheus would fetch."""

    def __init__(self, metrics: PrometheusMetrics) -> None:
        self._metrics = metrics

    def _found(self, name: str, labels: dict[str, str] | None = None) -> Iterator[Sample]:
        for family in self._metrics.registry.collect():
            for sample in family.samples:
                if sample.name == name and (labels or {}).items() <= sample.labels.items():
                    yield sample

    def counted(self, name: str, /, **labels: str) -> float:
        return sum(one.value for one in self._found(f"{name}_total", labels))

    def durations(self, name: str, /, **labels: str) -> tuple[int, float]:
        count, total = (
            sum(one.value for one in self._found(f"{name}_seconds_{part}", labels))
            for part in ("count", "sum")
        )
        return int(count), total

    def gauged(self, name: str, /, **labels: str) -> float | None:
        return next((one.value for one in self._found(name, labels)), None)

    def series(self, name: str, /) -> int:
        return sum(len(list(self._found(f"{name}{end}"))) for end in ("", "_total", "_seconds_count"))


class TestPrometheusMetrics(MetricsContract):
    lacks: ClassVar[Mapping[str, str]] = {"ratio": "Prometheus calculates: rate(a[5m]) / rate(b[5m])"}

    @cached_property
    def metrics(self) -> PrometheusMetrics:
        return PrometheusMetrics()

    @cached_property
    def read(self) -> Fetched:
        return Fetched(self.metrics)

    def make(self) -> PrometheusMetrics:
        return self.metrics
