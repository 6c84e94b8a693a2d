"""What every `Metrics` promises."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol, cast

from infra_ref.contract import Contract, rule, tool
from infra_ref.observability.contracts.secret_corpus import IN_TEXTS, SECRET
from infra_ref.observability.port import Metrics

MOST = 1_000
"""Sets of labels that a name may have in any adapter which bounds them."""


class Reading(Protocol):
    """How a test bench reads what was measured, summed over all sets of labels that have these in them."""

    def counted(self, name: str, /, **labels: str) -> float:
        """Return the sum of the counters; 0 if there is none."""
        ...

    def durations(self, name: str, /, **labels: str) -> tuple[int, float]:
        """Return how many durations there were, and their sum in seconds."""
        ...

    def gauged(self, name: str, /, **labels: str) -> float | None:
        """Return the gauge with just these labels, None if it was never set."""
        ...

    def series(self, name: str, /) -> int:
        """Return how many sets of labels are kept for this name."""
        ...


class MetricsContract(Contract):
    """Needs `read`, a `Reading` of what the adapter measured."""

    port = Metrics
    read: Any = tool("how to read what was measured: a Reading")
    ratio: Any = tool("a method that returns one counter's share of another, by their names")

    @rule("METR-01", "a counter grows by the given number, by 1 without one, for each set of labels apart")
    async def counts(self, metrics: Metrics, read: Reading) -> None:
        metrics.count("calls", peer="shop")
        metrics.count("calls", 2.5, peer="shop")
        metrics.count("calls", peer="bank")
        assert (read.counted("calls", peer="shop"), read.counted("calls", peer="bank")) == (3.5, 1.0)
        assert read.series("calls") == 2

    @rule("METR-02", "durations are in seconds: how many there were, and their sum")
    async def durations(self, metrics: Metrics, read: Reading) -> None:
        for seconds in (0.25, 0.5, 20):
            metrics.record_duration("took", seconds, peer="shop")
        assert read.durations("took", peer="shop") == (3, 20.75)

    @rule("METR-03", "a gauge has the value that was given last, and may be below 0")
    async def gauges(self, metrics: Metrics, read: Reading) -> None:
        for value in (3, 5, -2):
            metrics.gauge("free", value, pool="a")
        metrics.gauge("free", 7, pool="b")
        assert (read.gauged("free", pool="a"), read.gauged("free", pool="b")) == (-2, 7)

    @rule("METR-04", "what was never measured reads as 0, no durations, no gauge")
    async def nothing(self, metrics: Metrics, read: Reading) -> None:
        metrics.count("calls", peer="shop")
        assert read.counted("calls", peer="bank") == read.counted("none") == 0
        assert (read.durations("calls"), read.gauged("calls"), read.series("none")) == ((0, 0), None, 0)

    @rule("METR-05", "the order of labels does not matter, and any name may be one", full=True)
    async def labels(self, metrics: Metrics, read: Reading) -> None:
        metrics.count("calls", name="a", by="b")
        metrics.count("calls", by="b", name="a")
        assert (read.counted("calls", name="a", by="b"), read.series("calls")) == (2, 1)

    @rule(
        "METR-06",
        "sets of labels are bounded for each name; what comes after is counted together",
        needs="bound",
    )
    async def bounded(self, metrics: Metrics, read: Reading) -> None:
        for number in range(2 * MOST):
            metrics.count("calls", user=str(number))
            metrics.record_duration("took", 1.0, user=str(number))
        assert read.series("calls") <= MOST
        assert read.series("took") <= MOST
        assert (read.counted("calls"), read.durations("took")) == (2 * MOST, (2 * MOST, 2 * MOST))
        metrics.count("calls", user="0")
        assert read.counted("calls", user="0") == 2  # one that is known goes on by itself
        metrics.count("others", user="new")
        assert read.counted("others", user="new") == 1

    @rule("METR-07", "nothing that it is given makes it raise", full=True)
    async def never_raises(self, metrics: Metrics) -> None:
        class Bad:
            def __str__(self) -> str:
                raise ZeroDivisionError

        for value in (*NONSENSE, cast(Any, Bad())):
            labels: Any = {"value": value, "": [], "ünï code": {}, "half": "\ud800"}
            for measure in (metrics.count, metrics.gauge, metrics.record_duration):
                measure("odd", value, **labels)

    @rule(
        "METR-08",
        "what cannot be counted is left out: no number, not finite, a count or a time below 0",
        full=True,
    )
    async def nonsense(self, metrics: Metrics, read: Reading) -> None:
        metrics.count("calls", 2)
        metrics.gauge("free", 3)
        metrics.record_duration("took", 0.5)
        for value in NONSENSE:
            metrics.count("calls", value)
            metrics.gauge("free", value)
            metrics.record_duration("took", value)
        metrics.count("calls", -1)
        metrics.record_duration("took", -0.1)
        assert (read.counted("calls"), read.gauged("free"), read.durations("took")) == (2, 3, (1, 0.5))

    @rule("METR-09", "tasks that measure at once lose nothing")
    async def at_once(self, metrics: Metrics, read: Reading) -> None:
        async def work(number: int) -> None:
            for _ in range(10):
                metrics.count("calls", task=str(number % 3))
                await asyncio.sleep(0)
                metrics.record_duration("took", 0.5)

        await asyncio.gather(*(work(number) for number in range(20)))
        assert (read.counted("calls"), read.durations("took")) == (200, (200, 100.0))

    @rule("METR-10", "a counter's share of another, such as hits of reads, is None while that is nothing")
    async def share(self, metrics: Metrics, ratio: Any) -> None:
        assert ratio("hits", "reads") is None
        metrics.count("reads", 4)
        assert ratio("hits", "reads") == 0
        metrics.count("hits", 3)
        assert ratio("hits", "reads") == 0.75

    @rule("METR-11", "a secret in a label is gone, by its name and by its looks")
    async def secrets(self, metrics: Metrics, read: Reading) -> None:
        for text, _ in IN_TEXTS:
            metrics.count("calls", why=text, password=SECRET)
        assert read.counted("calls") == len(IN_TEXTS)
        assert [text for text, _ in IN_TEXTS if read.counted("calls", why=text)] == []
        assert read.counted("calls", password=SECRET) == 0


NONSENSE: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), "two", None, [], 1j, 10**400)
