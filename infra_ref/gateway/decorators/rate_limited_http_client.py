"""A decorator that keeps calls within a rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.port import HttpClient, HttpResult, Request
from infra_ref.gateway.rate_limiter_port import LimiterUnavailable, RateLimiter, Throttled
from infra_ref.result import Err

MILLISECOND = 0.001


class RateLimitedHttpClient(HttpClient):
    """Asks `limiter` before each call, and waits up to `patience` seconds, or less if the deadline is near.

    The wait counts against the deadline. Calls for which `key` returns the
    same share a rate; by default all do. When the limiter's store is down, calls are refused,
    or let through if `open_when_down`.
    """

    def __init__(
        self,
        inner: HttpClient,
        limiter: RateLimiter,
        *,
        patience: float = 30.0,
        key: Callable[[Request], str] | None = None,
        open_when_down: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._inner, self._limiter, self._patience = inner, limiter, patience
        self._key, self._open_when_down = key, open_when_down
        self._clock = clock or SystemClock()

    async def send(self, request: Request) -> HttpResult:
        deadline, key = request.options.deadline, self._key(request) if self._key else ""
        patience, start = min(self._patience, deadline or math.inf), self._clock.monotonic()
        acquired = await self._limiter.acquire(key, patience=patience)
        waited = self._clock.monotonic() - start
        if deadline is not None and waited > MILLISECOND:
            left = max(deadline - waited, MILLISECOND)
            request = replace(request, options=replace(request.options, deadline=left))
        if isinstance(acquired, Err):
            error = acquired.error
            if not (self._open_when_down and isinstance(error, LimiterUnavailable)):
                return Err(Throttled.of(request, retry_after=error.retry_after, cause=error.cause))
        return await self._inner.send(request)
