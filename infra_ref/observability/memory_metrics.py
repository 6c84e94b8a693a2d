"""Metrics in the memory of the process, for a page of figures or for another system to fetch."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field

from infra_ref.observability.decisions.measurement import Labels, amount, labelled, share
from infra_ref.observability.port import Metrics

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper bounds of a histogram's buckets. The defaults of Prometheus' clients."""

SETS = 100
"""Sets of labels that one name may have; what comes after is counted together as `other`."""

OTHER: Labels = (("other", "true"),)


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
        self._sets = sets
        self.counters: dict[str, dict[Labels, float]] = {}
        self.gauges: dict[str, dict[Labels, float]] = {}
        self.durations: dict[str, dict[Labels, Histogram]] = {}

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if (grown := amount(by)) is not None:
            kept = self.counters.setdefault(name, {})
            key = self._key(kept, labels)
            kept[key] = kept.get(key, 0.0) + grown

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        if (level := amount(value, least=-math.inf)) is not None:
            kept = self.gauges.setdefault(name, {})
            kept[self._key(kept, labels)] = level

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        if (took := amount(seconds)) is not None:
            kept = self.durations.setdefault(name, {})
            key = self._key(kept, labels)
            if key not in kept:
                kept[key] = Histogram()
            kept[key].add(took)

    def counted(self, name: str, /, **labels: str) -> float:
        """Return the sum of all counters of that name which have these labels; 0 if there is none."""
        wanted = set(labels.items())
        return sum(value for key, value in self.counters.get(name, {}).items() if wanted <= set(key))

    def ratio(self, name: str, of: str, /) -> float | None:
        """Return one counter's share of another, such as hits of reads; None of nothing."""
        return share(self.counted(name), self.counted(of))

    def _key(self, kept: dict[Labels, float] | dict[Labels, Histogram], labels: dict[str, str]) -> Labels:
        key = labelled(labels)
        return key if key in kept or len(kept) < self._sets else OTHER
