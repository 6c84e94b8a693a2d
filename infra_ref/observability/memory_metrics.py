"""Metrics in the memory of the process, for tests, a page of figures, and alert rules."""

from __future__ import annotations

from dataclasses import dataclass

from infra_ref.observability.decisions.series import SETS, BoundedMetrics, Kind, Labels, Take


@dataclass(slots=True)
class Series:
    """What was measured under one set of labels: how often, the sum, and the last value."""

    count: int = 0
    total: float = 0.0
    last: float = 0.0

    def add(self, value: float) -> None:
        """Take one more."""
        self.count, self.total, self.last = self.count + 1, self.total + value, value


class MemoryMetrics(BoundedMetrics):
    """Keeps counters, gauges and durations, for each name no more than `sets` sets of labels."""

    def __init__(self, *, sets: int = SETS) -> None:
        super().__init__(sets=sets)
        self.counters: dict[str, dict[Labels, Series]] = {}
        self.gauges: dict[str, dict[Labels, Series]] = {}
        self.durations: dict[str, dict[Labels, Series]] = {}

    def counted(self, name: str, /, **labels: str) -> float:
        """Return how often: the sum of counters and number of durations that have these labels; 0 of none."""
        wanted = set(labels.items())
        counters, durations = self.counters.get(name, {}), self.durations.get(name, {})
        return sum(one.total for key, one in counters.items() if wanted <= set(key)) + sum(
            one.count for key, one in durations.items() if wanted <= set(key)
        )

    def ratio(self, name: str, of: str, /, **labels: str) -> float | None:
        """Return one count's share of another, such as hits of reads; None of nothing.

        `labels` are those of the first: `ratio("call_duration", "call_duration", outcome="failed")`.
        """
        whole = self.counted(of)
        return self.counted(name, **labels) / whole if whole else None

    def _series(self, kind: Kind, name: str, labels: Labels) -> Take:
        tables = {"counter": self.counters, "gauge": self.gauges, "duration": self.durations}
        return tables[kind].setdefault(name, {}).setdefault(labels, Series()).add
