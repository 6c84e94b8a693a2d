"""A spy: keeps what was logged, as it would have been written."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from infra_ref.observability.decisions.log_context import bound, in_context
from infra_ref.observability.decisions.redaction import about_error, redact, redact_text
from infra_ref.observability.port import Logger


@dataclass(frozen=True, slots=True)
class Record:
    """One call of a `Logger`; `level` is the name of the method."""

    level: str
    message: str
    fields: dict[str, Any] = field(default_factory=dict[str, Any])


class RecordingLogger(Logger):
    """Keeps `records`, redacted."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def debug(self, message: str, /, **fields: Any) -> None:
        self._keep("debug", message, fields)

    def info(self, message: str, /, **fields: Any) -> None:
        self._keep("info", message, fields)

    def warning(self, message: str, /, **fields: Any) -> None:
        self._keep("warning", message, fields)

    def error(self, message: str, /, *, error: BaseException | None = None, **fields: Any) -> None:
        self._keep("error", message, fields | about_error(error))

    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        return bound(fields)

    def _keep(self, level: str, message: str, fields: dict[str, Any]) -> None:
        self.records.append(Record(level, redact_text(message), redact(in_context(fields))))
