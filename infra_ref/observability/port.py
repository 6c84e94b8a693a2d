"""The ports of observability: a logger and metrics.

Neither raises, whatever it is given, nor blocks for long: reporting a failure
must not be a failure.
"""

from __future__ import annotations

from typing import Any, Protocol


class Logger(Protocol):
    """Writes records: what happened as a constant sentence, and the particulars as fields.

    Secrets in fields and messages are removed before anything is written.
    """

    def debug(self, message: str, /, **fields: Any) -> None:
        """Log a detail for developers."""
        ...

    def info(self, message: str, /, **fields: Any) -> None:
        """Log something that happened as expected."""
        ...

    def warning(self, message: str, /, **fields: Any) -> None:
        """Log something that went wrong and was handled."""
        ...

    def error(self, message: str, /, *, error: BaseException | None = None, **fields: Any) -> None:
        """Log something that went wrong and was not handled; `error` is shown with its origin."""
        ...


class Metrics(Protocol):
    """Counts and measures. Labels are few and their values a bounded set: never an id or a URL.

    What cannot be counted is left out: no number, not finite, a counter or a duration below 0.
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
