"""What came of one call of a port, and whom that is reported to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from infra_ref.observability.port import Logger, Metrics
from infra_ref.result import Err

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom calls are reported to, by what clock, and for each method that reads what a hit is."""

    port: str
    metrics: Metrics
    logger: Logger | None
    now: Callable[[], float]
    hits: Mapping[str, Callable[..., bool]]

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

    __slots__ = ("_error", "_method", "_outcome", "_start", "_watch")

    def __init__(self, watch: Watch, method: str) -> None:
        self._watch, self._method = watch, method
        self._outcome = "cancelled"
        self._error: Any = None

    def __enter__(self) -> Self:
        self._start = self._watch.now()
        return self

    def answered(self, answer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if isinstance(answer, Err):
            self._outcome, self._error = "failed", answer.error
        elif is_hit := self._watch.hits.get(self._method):
            self._outcome = "hit" if is_hit(answer, *args, **kwargs) else "miss"
        else:
            self._outcome = "ok"
        return answer

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> None:
        if isinstance(raised, Exception):
            self._outcome, self._error = "failed", raised
        elif isinstance(raised, GeneratorExit):  # whoever reads has enough
            self._outcome = "ok"
        self._watch.report(self._method, self._watch.now() - self._start, self._outcome, self._error)
