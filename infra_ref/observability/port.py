"""The ports of observability: a logger and metrics.

Neither raises, whatever it is given, nor blocks for long: reporting a failure
must not be a failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, TypeAlias

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
Fields: TypeAlias = Mapping[str, Any]


class Logger(Protocol):
    """Writes records: what happened as a constant sentence, and the particulars as fields.

    Secrets in fields and messages are removed before anything is written. An adapter inherits from it
    and writes `log` and `bound`.
    """

    def log(self, level: Level, message: str, fields: Fields, error: BaseException | None, /) -> None:
        """Write one record."""
        ...

    def debug(self, message: str, /, **fields: Any) -> None:
        """Log a detail for developers."""
        self.log("debug", message, fields, None)

    def info(self, message: str, /, **fields: Any) -> None:
        """Log something that happened as expected."""
        self.log("info", message, fields, None)

    def warning(self, message: str, /, **fields: Any) -> None:
        """Log something that went wrong and was handled."""
        self.log("warning", message, fields, None)

    def error(self, message: str, /, *, error: BaseException | None = None, **fields: Any) -> None:
        """Log something that went wrong and was not handled; `error` is shown with its origin."""
        self.log("error", message, fields, error)

    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        """Within the block, add these fields to each record of this task and of those that it starts.

        The end removes what this block bound and nothing else. A record's own field of a name counts.
        """
        ...


class Metrics(Protocol):
    """Counts and measures. Labels are few and their values a bounded set: never an id or a URL.

    A name has the same labels each time, and is of one kind: a counter, a duration or a gauge. What
    cannot be counted is left out: no number, not finite, a counter or a duration below 0.
    """

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        """Add to a counter."""
        ...

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        """Add a duration, in seconds, to a histogram."""
        ...

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        """Set what can go up and down."""
        ...
