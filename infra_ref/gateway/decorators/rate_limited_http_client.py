"""A decorator that keeps calls within a rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.port import HttpClient, HttpResult, Request
from infra_ref.gateway.rate_limiter_port import LimiterUnavailable, RateLimiter, RateLimitExceeded, Throttled
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
        if deadline is None:
            refused = await self._limiter.acquire(key, patience=self._patience)
        else:
            start = self._clock.monotonic()
            refused = await self._limiter.acquire(key, patience=min(self._patience, deadline))
            if (waited := self._clock.monotonic() - start) > MILLISECOND:
                left = max(deadline - waited, MILLISECOND)
                request = replace(request, options=replace(request.options, deadline=left))
        if isinstance(refused, Err):
            match refused.error:
                case LimiterUnavailable() if self._open_when_down:
                    pass
                case RateLimitExceeded() | LimiterUnavailable() as error:
                    return Err(Throttled.of(request, retry_after=error.retry_after, cause=error.cause))
        return await self._inner.send(request)
