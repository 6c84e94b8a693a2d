"""A decorator that tries again where that is safe and may help."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

from infra_ref.backoff import Random
from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.policies.retry_policy import DeadlineExceeded, RetryBudget, RetryPolicy, repeatable
from infra_ref.gateway.port import HttpClient, HttpError, HttpResult, Request
from infra_ref.result import Err, Ok

DEFAULT = RetryPolicy()
SLIP = 0.001
"""Seconds by which a timer may be early."""


class RetryingHttpClient(HttpClient):
    """Makes up to `policy.attempts` attempts within the call's deadline.

    Only safe methods are repeated, and others with an idempotency key, which is
    then the same each time. The deadline is handed down: the timeout of an
    attempt is never longer than what is left, and no wait is begun that would
    reach it. No attempt is cancelled, so a breaker below sees a timeout for what
    it is. `budget`, shared by all clients of one peer, bounds the retries of all
    calls together. `on_retry` is called before each wait with the error, the
    number of the attempt that met it, and the seconds to wait.
    """

    def __init__(
        self,
        inner: HttpClient,
        *,
        policy: RetryPolicy = DEFAULT,
        budget: RetryBudget | None = None,
        clock: Clock | None = None,
        random: Random = random.random,
        on_retry: Callable[[HttpError, int, float], None] | None = None,
    ) -> None:
        self._inner, self._policy, self._budget = inner, policy, budget
        self._clock, self._random, self._on_retry = clock or SystemClock(), random, on_retry

    async def send(self, request: Request) -> HttpResult:
        if self._budget is not None:
            self._budget.deposit()
        deadline = math.inf if request.options.deadline is None else request.options.deadline
        end = self._clock.monotonic() + deadline
        result = await self._inner.send(_within(request, deadline))
        return result if isinstance(result, Ok) else await self._again(request, result, end)

    async def _again(self, request: Request, result: Err[HttpError], end: float) -> HttpResult:
        attempts = request.options.attempts or self._policy.attempts
        for attempt in range(1, attempts + 1):
            error, left = result.error, end - self._clock.monotonic()
            if left <= SLIP and error.retryable:
                return _too_late(request, error)
            wait = None
            if attempt < attempts and repeatable(request):
                wait = self._policy.wait(error, attempt, left, self._random)
            if wait is None or not (self._budget is None or self._budget.withdraw()):
                break
            if self._on_retry is not None:
                self._on_retry(error, attempt, wait)
            await self._clock.sleep(wait)
            left = end - self._clock.monotonic()  # a busy machine may have waited longer
            if left <= SLIP:
                return _too_late(request, error)
            once_more = await self._inner.send(_within(request, left))
            if isinstance(once_more, Ok):
                return once_more
            result = once_more
        return result


def _within(request: Request, left: float) -> Request:
    options = request.options
    if options.timeout <= left:
        return request
    return replace(request, options=replace(options, timeout=left))


def _too_late(request: Request, last: HttpError) -> Err[HttpError]:
    return Err(DeadlineExceeded.of(request, seconds=request.options.deadline, last=last))
