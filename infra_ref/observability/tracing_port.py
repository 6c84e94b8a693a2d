"""The port of tracing: what one request set off, across processes.

A span is a piece of work with a beginning and an end. Others name it by its `traceparent`, which travels
in a header or with an event: https://www.w3.org/TR/trace-context-1/#traceparent-header
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class Span:
    """A piece of work under way. Set `failed` to the reason where the work failed and nothing is raised."""

    traceparent: str
    failed: str | None = None


class Tracer(Protocol):
    """Keeps spans, without secrets. It neither raises nor blocks, whatever becomes of what it kept."""

    def span(
        self, name: str, /, *, parent: str | None = None, links: Sequence[str] = (), **attributes: str
    ) -> AbstractContextManager[Span]:
        """Open a span for the block: a child of `parent`, else of the span that is open in this task.

        It has failed if the block raises, unless that is its cancellation. `links` are spans that it
        comes from without being their child, such as an event's producer. Parent and links are
        traceparents and may come from outside, so grant nothing by them; what is none is left out.
        """
        ...

    def current(self) -> str | None:
        """Return the traceparent of the span that is open in this task, None where there is none."""
        ...
