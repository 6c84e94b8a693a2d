"""Sends metrics and spans to a collector, and is not held up by one that is away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from infra_ref.observability.opentelemetry_metrics import OpenTelemetryMetrics
from infra_ref.observability.opentelemetry_tracer import OpenTelemetryTracer

PAUSE = 0.01
"""Seconds between two looks at whether all was sent."""


@asynccontextmanager
async def exporting(
    metrics: MetricExporter, spans: SpanExporter, *, name: str, every: float = 60.0, within: float = 2.0
) -> AsyncGenerator[tuple[OpenTelemetryMetrics, OpenTelemetryTracer]]:
    """Send what is measured `every` so many seconds, and spans in batches, from threads of their own.

    The end sends the rest, and gives up after `within` seconds: what a collector that is away has not
    taken by then is lost. Work is never delayed; spans are dropped while 2,048 wait to be sent.
    """
    reader = PeriodicExportingMetricReader(metrics, export_interval_millis=every * 1000)
    meters = MeterProvider([reader], shutdown_on_exit=False)  # at exit it would wait for half a minute
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(spans))
    try:
        yield OpenTelemetryMetrics(meters.get_meter(name)), OpenTelemetryTracer(tracers.get_tracer(name))
    finally:  # not in threads of the loop's own: to join them would hold up the loop's end
        ends = (partial(meters.shutdown, within * 1000), tracers.shutdown)
        threads = [threading.Thread(target=end, daemon=True) for end in ends]
        for thread in threads:
            thread.start()
        for _ in range(round(within / PAUSE)):
            if any(thread.is_alive() for thread in threads):
                await asyncio.sleep(PAUSE)
