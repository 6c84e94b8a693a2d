"""A tracer in the memory of the process: for tests, and for a page of the last requests."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from infra_ref.clock import Clock, SystemClock
from infra_ref.observability.decisions.measurement import labelled
from infra_ref.observability.decisions.redaction import redact_text
from infra_ref.observability.tracing_port import SpanContext, Tracer

_CURRENT: ContextVar[SpanContext | None] = ContextVar("_CURRENT", default=None)


@dataclass(slots=True)
class MemorySpan:
    """A span. Times are monotonic seconds; `failed` is why, None if it went well; `parent` a span's id."""

    name: str
    context: SpanContext
    parent: str | None
    links: tuple[SpanContext, ...]
    attributes: dict[str, str]
    start: float
    end: float | None = None
    failed: str | None = None

    def fail(self, why: str, /) -> None:
        """Note why."""
        self.failed = redact_text(why)


class MemoryTracer(Tracer):
    """Keeps the last `most` spans that have ended, in `spans`, in the order of their ends."""

    def __init__(self, *, most: int = 1000, clock: Clock | None = None) -> None:
        self.spans: deque[MemorySpan] = deque(maxlen=most)
        self._clock = clock or SystemClock()

    @contextmanager
    def span(
        self,
        name: str,
        /,
        *,
        parent: SpanContext | None = None,
        links: Sequence[SpanContext] = (),
        **attributes: str,
    ) -> Generator[MemorySpan]:
        above = parent or _CURRENT.get()
        context = above.child() if above else SpanContext(secrets.token_hex(16), secrets.token_hex(8))
        shown = dict(labelled(attributes))
        span = MemorySpan(
            redact_text(name),
            context,
            above.span_id if above else None,
            tuple(links),
            shown,
            self._clock.monotonic(),
        )
        entered = _CURRENT.set(context)
        try:
            yield span
        except Exception as error:
            span.fail(f"{type(error).__name__}: {error}")
            raise
        finally:
            _CURRENT.reset(entered)
            span.end = self._clock.monotonic()
            self.spans.append(span)

    def current(self) -> SpanContext | None:
        return _CURRENT.get()
