"""What it costs to log, to count and to monitor, compared with doing it by hand."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from infra_ref.contract import run
from infra_ref.observability.decisions.redaction import redact, redact_text
from infra_ref.observability.decorators.monitored import monitored
from infra_ref.observability.memory_metrics import MemoryMetrics
from infra_ref.observability.prometheus_metrics import PrometheusMetrics
from infra_ref.observability.stdlib_logger import StdlibLogger
from tests.benchmarks.harness import Board, Rival

pytestmark = pytest.mark.bench

PACKAGES = ("prometheus-client", "structlog")
CALLS, ROUNDS = 2_000, 30

MESSAGE = "a call failed"
USUAL: dict[str, Any] = {
    "port": "users",
    "method": "get",
    "outcome": "failed",
    "error": "timed_out",
    "seconds": 0.123,
    "attempt": 2,
    "request_id": "4bf92f3577b34da6",
    "why": "GET https://api.test/users/7?page=*** failed at the peer: 503",
}
"""What `monitored` logs of a failed call, and the request that it belongs to."""


class Nowhere(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        self.format(record)


def logger(name: str) -> logging.Logger:
    made = logging.getLogger(f"bench-{name}")
    made.setLevel(logging.INFO)
    made.propagate = False
    made.handlers = [Nowhere()]
    return made


class Port:
    async def get(self, key: str) -> str:
        return key


def test_redaction_of_a_usual_record(board: Board) -> None:
    samples = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(CALLS):
            redact_text(MESSAGE)
            redact(USUAL)
        samples.append((time.process_time() - start) / CALLS)
    board.measure("redact a usual record", samples, at_most=10e-6)


def test_what_monitoring_adds_to_a_call(board: Board) -> None:
    async def seconds(call: Callable[[str], Awaitable[object]]) -> float:
        start = time.process_time()
        for _ in range(CALLS):
            await call("a")
        return (time.process_time() - start) / CALLS

    async def check() -> None:
        quiet = StdlibLogger(logger("quiet"))  # debug is off, as it is in production
        plain = Port()
        for name, metrics in (("in memory", MemoryMetrics()), ("for Prometheus", PrometheusMetrics())):
            measured = monitored(Port(), metrics, name="users", logger=quiet)
            added = [await seconds(measured.get) - await seconds(plain.get) for _ in range(ROUNDS)]
            board.measure(f"monitor a call, {name}: added", added, at_most=3e-6)

    run(check())


def test_a_record(board: Board) -> None:
    ours, theirs = StdlibLogger(logger("ours")), logger("theirs")

    async def logged() -> None:
        for _ in range(100):
            ours.info(MESSAGE, **USUAL)

    async def by_hand() -> None:
        for _ in range(100):
            theirs.info("%s", json.dumps({"message": MESSAGE, **USUAL}))

    run(board.compare("log a usual record", logged, Rival("logging with json.dumps", by_hand, at_most=3.0)))


def test_a_count(board: Board) -> None:
    metrics = PrometheusMetrics()
    counter = Counter("calls", "calls", ["peer", "outcome"], registry=CollectorRegistry())

    async def counted() -> None:
        for _ in range(100):
            metrics.count("calls", peer="shop", outcome="ok")

    async def by_hand() -> None:
        for _ in range(100):
            counter.labels(peer="shop", outcome="ok").inc()

    run(
        board.compare(
            "count for Prometheus", counted, Rival("the client's labels().inc()", by_hand, at_most=1.0)
        )
    )
