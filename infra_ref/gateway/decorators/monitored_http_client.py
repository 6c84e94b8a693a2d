"""A decorator that measures calls and logs those that fail."""

from __future__ import annotations

import re

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.port import HttpClient, HttpResult, Request
from infra_ref.observability.port import Logger, Metrics
from infra_ref.result import Err, Ok

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class MonitoredHttpClient(HttpClient):
    """Records `http_request_duration` in seconds and counts `http_requests`, by peer, method and outcome.

    The outcome is `ok`, the error in snake case (`timed_out`), `cancelled`,
    which is no error, or `raised` for a bug. A URL is no label: every id in it
    would be a series of its own. Put it outside the retries to measure calls,
    inside to measure attempts.
    """

    def __init__(
        self,
        inner: HttpClient,
        metrics: Metrics,
        *,
        peer: str,
        logger: Logger | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._inner, self._metrics, self._peer = inner, metrics, peer
        self._logger, self._clock = logger, clock or SystemClock()

    async def send(self, request: Request) -> HttpResult:
        start, outcome = self._clock.monotonic(), "cancelled"
        try:
            result = await self._inner.send(request)
            outcome = "ok" if isinstance(result, Ok) else _snake(type(result.error).__name__)
            return self._logged(result)
        except Exception:
            outcome = "raised"
            raise
        finally:
            seconds = self._clock.monotonic() - start
            self._metrics.record_duration(
                "http_request_duration", seconds, peer=self._peer, method=request.method, outcome=outcome
            )
            self._metrics.count("http_requests", peer=self._peer, method=request.method, outcome=outcome)

    def _logged(self, result: HttpResult) -> HttpResult:
        if isinstance(result, Err) and self._logger is not None:
            self._logger.warning("an HTTP call failed", peer=self._peer, why=str(result.error))
        return result


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()
