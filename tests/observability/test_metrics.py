"""Metrics are held to their contract, and each rule has a broken one."""

from __future__ import annotations

import pytest

from infra_ref.contract import run
from infra_ref.observability.contracts.metrics_contract import MetricsContract
from infra_ref.observability.decisions.series import OTHER, labelled
from infra_ref.observability.memory_metrics import MemoryMetrics, Series
from tests.observability import test_memory_metrics_contract as memory


class WholeOnly(MemoryMetrics):
    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        super().count(name, 1.0 if by == 2.5 else by, **labels)


class Milliseconds(MemoryMetrics):
    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        super().record_duration(name, seconds * 1000 if seconds == 20 else seconds, **labels)


class OnlyRises(MemoryMetrics):
    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        if not (isinstance(value, int) and value < 0):
            super().gauge(name, value, **labels)


class CountsInAll(MemoryMetrics):
    def counted(self, name: str, /, **labels: str) -> float:
        known = {pair for key in self.counters.get(name, {}) for pair in key}
        wanted = {one: value for one, value in labels.items() if one != "peer" or (one, value) in known}
        return super().counted(name, **wanted)


class AsGiven(MemoryMetrics):
    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if list(labels) == ["by", "name"]:
            labels = {"name": "a", "by ": "b"}
        super().count(name, by, **labels)


class Unbounded(MemoryMetrics):
    def __init__(self) -> None:
        super().__init__(sets=10**9)


class Strict(MemoryMetrics):
    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        if name == "odd" and not isinstance(seconds, int | float):
            raise TypeError(seconds)
        super().record_duration(name, seconds, **labels)


class CountsBack(MemoryMetrics):
    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if isinstance(by, int | float) and -(10**9) < by < 0:
            self.counters[name][labelled(labels)].total += by
        else:
            super().count(name, by, **labels)


class LosesAFew(MemoryMetrics):
    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if self.counted(name, task="2") < 50:
            super().count(name, by, **labels)


class NothingIsAll(MemoryMetrics):
    def ratio(self, name: str, of: str, /, **labels: str) -> float | None:
        return super().ratio(name, of) if self.counted(of) else 1.0


class RawLabels(MemoryMetrics):
    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if "why" not in labels:
            super().count(name, by, **labels)
        else:
            kept, key = self.counters.setdefault(name, {}), tuple(sorted(labels.items()))
            kept.setdefault(key, Series()).add(by)


BROKEN: dict[str, type[MemoryMetrics]] = {
    "METR-01": WholeOnly,
    "METR-02": Milliseconds,
    "METR-03": OnlyRises,
    "METR-04": CountsInAll,
    "METR-05": AsGiven,
    "METR-06": Unbounded,
    "METR-07": Strict,
    "METR-08": CountsBack,
    "METR-09": LosesAFew,
    "METR-10": NothingIsAll,
    "METR-11": RawLabels,
}


def test_each_rule_has_metrics_that_break_it() -> None:
    assert list(BROKEN) == [one.number for one in MetricsContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_broken_metrics_break_just_their_rule(number: str) -> None:
    held = type("Held", (memory.TestMemoryMetrics,), {"kind": BROKEN[number]})
    report = run(held.verify())
    assert report.broken == (number,), report


def test_what_comes_after_the_bound_is_counted_as_other() -> None:
    metrics = MemoryMetrics(sets=10)
    for user in range(1000):
        metrics.count("calls", user=str(user))
    assert (len(metrics.counters["calls"]), metrics.counters["calls"][OTHER].total) == (11, 990)
