"""The port of tracing: what one request set off, across processes.

A span is a piece of work with a beginning and an end. Its context travels as a `traceparent`, in
a header or with an event: https://www.w3.org/TR/trace-context-1/
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)


@dataclass(frozen=True, slots=True)
class SpanContext:
    """Which span it is: 32 and 16 hexadecimal digits, and whether anybody keeps the trace."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @property
    def traceparent(self) -> str:
        """The context as text for a header.

        >>> SpanContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7").traceparent
        '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
        """
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"

    @staticmethod
    def parse(traceparent: str | None) -> SpanContext | None:
        """Return what the text says; None for no text, and for one that another would have to guess at.

        It comes from outside: whoever sends it may name any trace, so grant nothing by it.
        """
        found = _TRACEPARENT.fullmatch(traceparent or "")
        if found is None or (found[0][:2] == "00" and found[4]):
            return None
        return SpanContext(found[1], found[2], bool(int(found[3], 16) & 1))

    def child(self) -> SpanContext:
        """Return the context of a new span of the same trace."""
        return SpanContext(self.trace_id, secrets.token_hex(8), self.sampled)


class Span(Protocol):
    """A piece of work under way."""

    @property
    def context(self) -> SpanContext:
        """What others name it by."""
        ...

    def fail(self, why: str, /) -> None:
        """Note that the work failed, where nothing is raised; secrets of the text are removed."""
        ...


class Tracer(Protocol):
    """Keeps spans. It neither raises nor blocks, whatever becomes of what it kept."""

    def span(
        self,
        name: str,
        /,
        *,
        parent: SpanContext | None = None,
        links: Sequence[SpanContext] = (),
        **attributes: str,
    ) -> AbstractContextManager[Span]:
        """Open a span for the block: a child of `parent`, else of the span that is open in this task.

        It has failed if the block raises, unless that is its cancellation. `links` are spans that it
        comes from without being their child, such as an event's producer.
        """
        ...

    def current(self) -> SpanContext | None:
        """Return the context of the span that is open in this task, None where there is none."""
        ...
