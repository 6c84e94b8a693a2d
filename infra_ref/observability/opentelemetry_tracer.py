"""A tracer on OpenTelemetry."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from infra_ref.observability.decisions.redaction import redact, redact_text
from infra_ref.observability.decisions.series import labelled
from infra_ref.observability.tracing_port import Span, Tracer


class OpenTelemetryTracer(Tracer):
    """Keeps spans with `tracer`. Spans that other libraries open are parents of ours, and the other way."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(
        self, name: str, /, *, parent: str | None = None, links: Sequence[str] = (), **attributes: str
    ) -> Generator[Span]:
        sources = [trace.get_current_span(_within(link)).get_span_context() for link in links]
        with self._tracer.start_as_current_span(
            redact_text(name),
            context=_within(parent, context.get_current()),
            links=[trace.Link(source) for source in sources if source.is_valid],
            attributes=dict(labelled(attributes)),
            record_exception=False,  # it would keep the exception's text as it is
            set_status_on_exception=False,
        ) as theirs:
            span = Span(traceparent(theirs.get_span_context()))
            try:
                yield span
            except Exception as error:
                span.failed = f"{type(error).__name__}: {redact(error)}"
                raise
            finally:
                if span.failed is not None:
                    theirs.set_status(trace.StatusCode.ERROR, redact_text(span.failed))

    def current(self) -> str | None:
        found = trace.get_current_span().get_span_context()
        return traceparent(found) if found.is_valid else None


def traceparent(span: trace.SpanContext) -> str:
    """Return what others name the span by."""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def _within(parent: str | None, otherwise: context.Context | None = None) -> context.Context:
    return TraceContextTextMapPropagator().extract({"traceparent": parent or ""}, otherwise)
