"""Whatever a logger or metrics are given: one line, printable and bounded; few series, a page that parses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from infra_ref.observability.contracts.logger_contract import LoggerContract
from infra_ref.observability.prometheus_metrics import PrometheusMetrics
from tests.observability.test_memory_metrics_contract import TestMemoryMetrics as InMemory
from tests.observability.test_opentelemetry_metrics_contract import (
    TestOpenTelemetryMetrics as OnOpenTelemetry,
)
from tests.observability.test_prometheus_metrics_contract import TestPrometheusMetrics as OnPrometheus
from tests.observability.test_recording_logger_contract import TestRecordingLogger as Recording
from tests.observability.test_stdlib_logger_contract import TestStdlibLogger as OnStdlib
from tests.observability.test_structlog_logger_contract import TestStructlogLogger as OnStructlog


class Raises:
    """Cannot be shown."""

    def __repr__(self) -> str:
        raise ZeroDivisionError

    __str__ = __repr__


def ring() -> list[Any]:
    made: list[Any] = [1]
    made.append({"again": made})
    return made


TEXTS = (
    st.text()
    | st.text(st.sampled_from("\n\r\x00\x1b\u2028\u202e\ud800 ={}\"'%:"))
    | st.builds(lambda: "x" * 100_000)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary() | st.builds(Raises)
    | st.builds(ring) | st.builds(lambda: 10**5000) | st.sampled_from([int, print, ...]),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner) | st.tuples(inner),
    max_leaves=10,
)  # fmt: skip


@pytest.mark.parametrize("bench", [OnStdlib, OnStructlog, Recording])
@given(message=TEXTS, fields=st.dictionaries(TEXTS, VALUES, max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_record_is_one_printable_bounded_line(
    bench: type[LoggerContract], message: str, fields: dict[str, Any]
) -> None:
    test = bench()
    logger = test.make()
    logger.info(message, **fields)
    with logger.bound(**fields):
        logger.error(message, error=ValueError(message))
    lines = test.written()
    assert len(lines) == 2
    assert all(line.isprintable() and len(line) < 2_000_000 for line in lines)
    if bench is not Recording:
        assert all(isinstance(json.loads(line), dict) for line in lines)


ODD = st.sampled_from(
    [10**400, "x" * 10_000, "\ud800", "a\nb", None, float("nan"), -1, 0.5, [], {}, Raises(), True]
)
LABELS = st.dictionaries(
    st.sampled_from(["", "le", "__x", "ünï", "a b", "1", "a", "\n", "\ud800"]), ODD, max_size=3
)


@pytest.mark.parametrize("bench", [InMemory, OnPrometheus, OnOpenTelemetry])
@given(calls=st.lists(st.tuples(st.sampled_from(["calls", "a b\n", "", "1"]), ODD, LABELS), max_size=5))
@settings(max_examples=40, deadline=None)
def test_whatever_is_measured_is_bounded_and_raises_nothing(bench: Any, calls: list[Any]) -> None:
    test = bench()
    metrics = test.make()
    for name, value, labels in calls:
        for measure in (metrics.count, metrics.gauge, metrics.record_duration):
            measure(name, value, **labels)
            measure(name, 1, **labels)
    assert test.read.series("calls") <= 3 * (len(calls) + 1)
    if isinstance(metrics, PrometheusMetrics):
        list(text_string_to_metric_families(metrics.page()[0].decode()))


@pytest.mark.parametrize("bench", [InMemory, OnPrometheus, OnOpenTelemetry])
def test_a_storm_of_labels_of_all_forms_makes_few_series(bench: Any) -> None:
    test = bench()
    metrics = test.make()
    for number in range(3000):
        metrics.count("calls", user=number if number % 2 else f"u{number}")
        metrics.count("calls", **{f"name{number % 7}": [number]})
    assert test.read.series("calls") <= 101
    assert test.read.counted("calls") == 6000
