"""A tracer on OpenTelemetry."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from opentelemetry import trace

from infra_ref.observability.decisions.measurement import labelled
from infra_ref.observability.decisions.redaction import redact_text
from infra_ref.observability.tracing_port import SpanContext, Tracer


class OpenTelemetrySpan:
    """A span of theirs as one of ours."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def context(self) -> SpanContext:
        return _ours(self._span.get_span_context())

    def fail(self, why: str, /) -> None:
        self._span.set_status(trace.StatusCode.ERROR, redact_text(why))


class OpenTelemetryTracer(Tracer):
    """Keeps spans with `tracer`. Spans that other libraries open are parents of ours, and the other way."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(
        self,
        name: str,
        /,
        *,
        parent: SpanContext | None = None,
        links: Sequence[SpanContext] = (),
        **attributes: str,
    ) -> Generator[OpenTelemetrySpan]:
        with self._tracer.start_as_current_span(
            redact_text(name),
            context=None
            if parent is None
            else trace.set_span_in_context(trace.NonRecordingSpan(_theirs(parent))),
            links=[trace.Link(_theirs(link)) for link in links],
            attributes=dict(labelled(attributes)),
            record_exception=False,  # it would keep the exception's text as it is
            set_status_on_exception=False,
        ) as theirs:
            span = OpenTelemetrySpan(theirs)
            try:
                yield span
            except Exception as error:
                span.fail(f"{type(error).__name__}: {error}")
                raise

    def current(self) -> SpanContext | None:
        context = trace.get_current_span().get_span_context()
        return _ours(context) if context.is_valid else None


def _ours(context: trace.SpanContext) -> SpanContext:
    return SpanContext(f"{context.trace_id:032x}", f"{context.span_id:016x}", context.trace_flags.sampled)


def _theirs(context: SpanContext) -> trace.SpanContext:
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if context.sampled else trace.TraceFlags.DEFAULT)
    return trace.SpanContext(int(context.trace_id, 16), int(context.span_id, 16), True, flags)
