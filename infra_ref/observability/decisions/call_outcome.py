"""What came of one call of a port, and whom that is reported to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from infra_ref.observability.port import Logger, Metrics
from infra_ref.result import Err

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom a call is reported to."""

    port: str
    metrics: Metrics
    logger: Logger | None
    now: Callable[[], float]

    def report(self, method: str, seconds: float, outcome: str, error: Any) -> None:
        kind = "" if error is None else _CAMEL.sub("_", type(error).__name__).lower()
        named = {"port": self.port, "method": method, "outcome": outcome, "error": kind}
        self.metrics.record_duration("call_duration", seconds, **named)
        if self.logger is None:
            return
        if error is None:
            self.logger.debug("a call", seconds=seconds, **named)
        else:
            self.logger.warning("a call failed", seconds=seconds, why=error, **named)


class Call:
    """One call, from its beginning to its end."""

    __slots__ = ("_error", "_is_hit", "_method", "_outcome", "_start", "_watch")

    def __init__(self, watch: Watch, method: str, is_hit: Callable[..., bool] | None) -> None:
        self._watch, self._method, self._is_hit = watch, method, is_hit
        self._outcome = "cancelled"
        self._error: Any = None

    def __enter__(self) -> Self:
        self._start = self._watch.now()
        return self

    def answered(self, answer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if isinstance(answer, Err):
            self._outcome, self._error = "failed", answer.error
        elif self._is_hit is None:
            self._outcome = "ok"
        else:
            self._outcome = "hit" if self._is_hit(answer, *args, **kwargs) else "miss"
        return answer

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> None:
        if isinstance(raised, Exception):
            self._outcome, self._error = "failed", raised
        elif isinstance(raised, GeneratorExit):  # whoever reads has enough
            self._outcome = "ok"
        self._watch.report(self._method, self._watch.now() - self._start, self._outcome, self._error)
