"""`OpenTelemetryTracer` keeps every rule of its contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from infra_ref.observability.contracts.tracer_contract import TracerContract
from infra_ref.observability.opentelemetry_tracer import OpenTelemetryTracer, traceparent


@dataclass(frozen=True)
class Exported:
    """A span as an exporter gets it."""

    span: ReadableSpan

    @property
    def name(self) -> str:
        return self.span.name

    @property
    def traceparent(self) -> str:
        found: Any = self.span.get_span_context()
        return traceparent(found)

    @property
    def parent(self) -> str | None:
        return traceparent(self.span.parent) if self.span.parent else None

    @property
    def links(self) -> list[str]:
        return [traceparent(link.context) for link in self.span.links]

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.span.attributes or {})

    @property
    def failed(self) -> str | None:
        return None if self.span.status.is_unset else str(self.span.status.description)


class TestOpenTelemetryTracer(TracerContract):
    def make(self) -> OpenTelemetryTracer:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        return OpenTelemetryTracer(provider.get_tracer("test"))

    def ended(self) -> list[Exported]:
        return [Exported(span) for span in self._exporter.get_finished_spans()]
