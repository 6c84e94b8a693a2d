"""A spy: keeps what was logged, as it would have been written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra_ref.observability.decisions.redaction import redact, redact_text
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
        if error is not None:
            fields |= {"exception": type(error).__name__, "why": error}
        self._keep("error", message, fields)

    def _keep(self, level: str, message: str, fields: dict[str, Any]) -> None:
        self.records.append(Record(level, redact_text(message), redact(fields)))
