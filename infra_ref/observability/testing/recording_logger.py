"""A spy: keeps what was logged, as it would have been written."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from infra_ref.observability.decisions.log_context import bound, in_context
from infra_ref.observability.decisions.redaction import about_error, redact, redact_text
from infra_ref.observability.port import Fields, Level, Logger


@dataclass(frozen=True, slots=True)
class Record:
    """One call of a `Logger`."""

    level: Level
    message: str
    fields: dict[str, Any]


class RecordingLogger(Logger):
    """Keeps `records`, redacted."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def log(self, level: Level, message: str, fields: Fields, error: BaseException | None, /) -> None:
        shown = redact(in_context(fields) | about_error(error))
        self.records.append(Record(level, redact_text(message), shown))

    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        return bound(fields)
