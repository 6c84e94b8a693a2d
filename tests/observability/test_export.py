"""Exporting: metrics outlive the workers that made them, and a collector that is away holds nobody up."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.observability.opentelemetry_export import exporting

ROOT = Path(__file__).resolve().parents[2]

WORKERS = """
import os, sys
from prometheus_client import multiprocess
from infra_ref.observability.prometheus_metrics import PrometheusMetrics

metrics = PrometheusMetrics()
metrics.count("calls", 1, peer="parent")

def work(number):
    pid = os.fork()
    if pid == 0:
        for _ in range(10):
            metrics.count("calls", peer="shop")
            metrics.record_duration("took", 0.5, peer="shop")
            metrics.gauge("pool", 3 + number, worker=str(number))
        os._exit(0)
    os.waitpid(pid, 0)
    multiprocess.mark_process_dead(pid)

for number in range(3):  # each ends before the next begins, as recycled workers do
    work(number)
metrics.gauge("pool", 1, worker="parent")
sys.stdout.buffer.write(metrics.page(sys.argv[1])[0])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_counts_outlive_forked_and_recycled_workers_and_their_gauges_do_not(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORKERS, str(tmp_path)],
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert 'calls_total{peer="shop"} 30.0' in lines
    assert 'calls_total{peer="parent"} 1.0' in lines
    assert 'took_seconds_count{peer="shop"} 30.0' in lines
    assert [line for line in lines if line.startswith("pool{")] == ['pool{worker="parent"} 1.0']


AWAY = """
import asyncio, sys, time, urllib.request
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from infra_ref.observability.opentelemetry_export import exporting

def send():
    urllib.request.urlopen(sys.argv[1], timeout=60)  # it takes the call, and never answers

class Metrics(MetricExporter):
    def export(self, metrics_data, timeout_millis=10_000, **more):
        send()
        return MetricExportResult.SUCCESS
    def shutdown(self, timeout_millis=30_000, **more): send()
    def force_flush(self, timeout_millis=10_000): return True

class Spans(SpanExporter):
    def export(self, spans):
        send()
        return SpanExportResult.SUCCESS
    def shutdown(self): send()

async def main():
    async with exporting(Metrics(), Spans(), name="shop", every=0.05, within=0.5) as (metrics, tracer):
        slowest = 0.0
        for number in range(5_000):
            start = time.process_time()
            with tracer.span("call"):
                metrics.record_duration("took", 0.5, peer="shop")
            slowest = max(slowest, time.process_time() - start)
            if number % 500 == 0:
                await asyncio.sleep(0.02)
        print(slowest, flush=True)
        print(time.time(), flush=True)
asyncio.run(main())
"""


def test_a_collector_that_never_answers_bounds_the_exit_and_touches_no_work() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        done = subprocess.run(
            [sys.executable, "-c", AWAY, url],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=50,
        )
        ended = time.time()
    assert done.returncode == 0, done.stderr
    slowest, stopped = map(float, done.stdout.split())
    assert slowest < 0.25, "a call waited for the collector"
    assert ended - stopped < 0.5 + 5, "the exit waited for the collector"


def test_what_was_measured_last_is_sent_at_the_end() -> None:
    from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    sent: list[str] = []

    class Keeps(MetricExporter):
        def export(self, metrics_data: Any, timeout_millis: float = 0, **more: Any) -> MetricExportResult:
            sent.append(metrics_data.to_json())
            return MetricExportResult.SUCCESS

        def shutdown(self, timeout_millis: float = 0, **more: Any) -> None:
            pass

        def force_flush(self, timeout_millis: float = 0) -> bool:
            return True

    async def check() -> list[str]:
        spans = InMemorySpanExporter()
        async with exporting(Keeps(), spans, name="shop") as (metrics, tracer):
            metrics.count("calls", peer="shop")
            with tracer.span("call"):
                pass
        return [span.name for span in spans.get_finished_spans()]

    assert run(check()) == ["call"]
    assert '"calls"' in sent[-1]
