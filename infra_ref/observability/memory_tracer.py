"""A tracer in the memory of the process, for tests."""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

from infra_ref.observability.decisions.redaction import redact, redact_text
from infra_ref.observability.decisions.series import labelled
from infra_ref.observability.tracing_port import Span, Tracer

_CURRENT: ContextVar[str | None] = ContextVar("_CURRENT", default=None)
_TRACEPARENT = re.compile(
    r"(?!ff|00.{53}-)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?"
)


@dataclass(slots=True, kw_only=True)
class MemorySpan(Span):
    """A span as it is kept. `parent`, None for the first of a trace, and `links` are traceparents."""

    name: str
    parent: str | None
    links: tuple[str, ...]
    attributes: dict[str, str]


class MemoryTracer(Tracer):
    """Keeps the last `most` spans that have ended, in `spans`, in the order of their ends."""

    def __init__(self, *, most: int = 1000) -> None:
        self.spans: deque[MemorySpan] = deque(maxlen=most)

    @contextmanager
    def span(
        self, name: str, /, *, parent: str | None = None, links: Sequence[str] = (), **attributes: str
    ) -> Generator[MemorySpan]:
        above = parent if _TRACEPARENT.fullmatch(parent or "") else _CURRENT.get()
        span = MemorySpan(
            _child(above),
            name=redact_text(name),
            parent=above,
            links=tuple(filter(_TRACEPARENT.fullmatch, links)),
            attributes=dict(labelled(attributes)),
        )
        entered = _CURRENT.set(span.traceparent)
        try:
            yield span
        except Exception as error:
            span.failed = f"{type(error).__name__}: {redact(error)}"
            raise
        finally:
            span.failed = redact(span.failed)
            self.spans.append(span)
            with suppress(ValueError):  # it may end in another task, as a generator that is closed there
                _CURRENT.reset(entered)

    def current(self) -> str | None:
        return _CURRENT.get()


def _child(above: str | None) -> str:
    found = _TRACEPARENT.fullmatch(above or "")
    trace, flags = found.groups() if found else (secrets.token_hex(16), "01")
    return f"00-{trace}-{secrets.token_hex(8)}-{int(flags, 16) & 1:02x}"
