"""Metrics in the memory of the process, for tests, a page of figures, and alert rules."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field

from infra_ref.observability.decisions.measurement import BOUNDS, SETS, Labels, LabelSets, amount, share
from infra_ref.observability.port import Metrics


@dataclass(slots=True)
class Histogram:
    """How many durations fell into each bucket, the last being those above all bounds, and their sum."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    count: int = 0
    total: float = 0.0

    @property
    def mean(self) -> float | None:
        """Seconds; None of nothing."""
        return self.total / self.count if self.count else None

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.count += 1
        self.total += seconds


class MemoryMetrics(Metrics):
    """Keeps counters, gauges and histograms, for each name no more than `sets` sets of labels."""

    def __init__(self, *, sets: int = SETS) -> None:
        self.counters: dict[str, dict[Labels, float]] = {}
        self.gauges: dict[str, dict[Labels, float]] = {}
        self.durations: dict[str, dict[Labels, Histogram]] = {}
        self._of_counters = LabelSets(lambda _, key: key, sets)
        self._of_gauges = LabelSets(lambda _, key: key, sets)
        self._of_durations = LabelSets(self._new_histogram, sets)

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if (grown := amount(by)) is not None:
            kept, key = self.counters.setdefault(name, {}), self._of_counters.of(name, labels)
            kept[key] = kept.get(key, 0.0) + grown

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        if (level := amount(value, least=-math.inf)) is not None:
            self.gauges.setdefault(name, {})[self._of_gauges.of(name, labels)] = level

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        if (took := amount(seconds)) is not None:
            self._of_durations.of(name, labels).add(took)

    def counted(self, name: str, /, **labels: str) -> float:
        """Return how often: the sum of counters and number of durations that have these labels; 0 of none."""
        wanted = set(labels.items())
        counters, durations = self.counters.get(name, {}), self.durations.get(name, {})
        return sum(value for key, value in counters.items() if wanted <= set(key)) + sum(
            one.count for key, one in durations.items() if wanted <= set(key)
        )

    def ratio(self, name: str, of: str, /, **labels: str) -> float | None:
        """Return one count's share of another, such as hits of reads; None of nothing.

        `labels` are those of the first: `ratio("call_duration", "call_duration", outcome="failed")`.
        """
        return share(self.counted(name, **labels), self.counted(of))

    def _new_histogram(self, name: str, key: Labels) -> Histogram:
        return self.durations.setdefault(name, {}).setdefault(key, Histogram())
