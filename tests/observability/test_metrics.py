"""Metrics: what the adapters keep, and what they bound."""

from __future__ import annotations

import pytest

from infra_ref.observability.memory_metrics import OTHER, MemoryMetrics
from infra_ref.observability.recording_metrics import Measured, RecordingMetrics


def test_counters_gauges_and_durations() -> None:
    metrics = MemoryMetrics()
    metrics.count("calls", peer="shop")
    metrics.count("calls", 2, peer="shop")
    metrics.count("calls", peer="bank")
    metrics.gauge("open", 3)
    metrics.gauge("open", 1)
    for seconds in (0.005, 0.006, 20):
        metrics.record_duration("took", seconds)
    assert (metrics.counted("calls"), metrics.counted("calls", peer="shop"), metrics.counted("none")) == (
        4,
        3,
        0,
    )
    assert metrics.gauges["open"] == {(): 1}
    (took,) = metrics.durations["took"].values()
    assert (took.count, took.buckets[:2], took.buckets[-1]) == (3, [1, 1], 1)
    assert took.mean == pytest.approx(20.011 / 3)


def test_label_sets_are_bounded_and_nothing_is_lost() -> None:
    metrics = MemoryMetrics(sets=10)
    for user in range(1000):
        metrics.count("calls", user=str(user))
        metrics.record_duration("took", 1.0, user=str(user))
    assert (len(metrics.counters["calls"]), len(metrics.durations["took"])) == (11, 11)
    assert (metrics.counted("calls"), metrics.counters["calls"][OTHER]) == (1000, 990)


def test_a_ratio_of_nothing_is_none() -> None:
    metrics = MemoryMetrics()
    assert metrics.ratio("hits", "reads") is None
    metrics.count("reads", 4)
    metrics.count("hits", 3)
    assert metrics.ratio("hits", "reads") == 0.75


def test_the_spy_keeps_everything() -> None:
    metrics = RecordingMetrics()
    metrics.count("calls", peer="shop")
    metrics.record_duration("took", 0.5)
    metrics.gauge("open", 2)
    assert metrics.measured == [
        Measured("count", "calls", 1.0, {"peer": "shop"}),
        Measured("duration", "took", 0.5, {}),
        Measured("gauge", "open", 2, {}),
    ]
