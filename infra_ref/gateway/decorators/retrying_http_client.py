"""A decorator that tries again where that is safe and may help."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.decisions.retry_budget import RetryBudget
from infra_ref.gateway.decisions.retry_plan import RetryPolicy, next_wait, repeatable
from infra_ref.gateway.port import DeadlineExceeded, HttpClient, HttpError, Request, Response
from infra_ref.observability.port import Logger
from infra_ref.result import Err, Ok, Result

DEFAULT = RetryPolicy()
SLIP = 0.001
"""Seconds by which a timer may be early."""


class RetryingHttpClient(HttpClient):
    """Makes up to `policy.attempts` attempts within the call's deadline.

    Only safe methods are repeated, and others with an idempotency key, which is
    then the same each time. The deadline is handed down: the timeout of an
    attempt is never longer than what is left, and no wait is begun that would
    reach it. Nobody is cancelled, so a breaker below sees a timeout for what it
    is. `budget`, shared by all clients of one peer, bounds the retries of all
    calls together. `random` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        inner: HttpClient,
        *,
        policy: RetryPolicy = DEFAULT,
        budget: RetryBudget | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = random.random,
        logger: Logger | None = None,
    ) -> None:
        self._inner, self._policy, self._budget = inner, policy, budget
        self._clock, self._random, self._logger = clock or SystemClock(), random, logger

    async def send(self, request: Request) -> Result[Response, HttpError]:
        if self._budget is not None:
            self._budget.deposit()
        if request.options.deadline is None:
            result = await self._inner.send(request)
            return result if isinstance(result, Ok) else await self._again(request, result, None)
        end = self._clock.monotonic() + request.options.deadline
        result = await self._inner.send(_within(request, request.options.deadline))
        return result if isinstance(result, Ok) else await self._again(request, result, end)

    async def _again(
        self, request: Request, result: Err[HttpError], end: float | None
    ) -> Result[Response, HttpError]:
        attempts = request.options.attempts or self._policy.attempts
        for attempt in range(1, attempts + 1):
            error, left = result.error, None if end is None else end - self._clock.monotonic()
            if left is not None and left <= SLIP and error.transient:
                return Err(DeadlineExceeded.of(request, seconds=request.options.deadline, last=error))
            wait = None
            if attempt < attempts and repeatable(request):
                wait = next_wait(self._policy, error, attempt=attempt, left=left, draw=self._random())
            if wait is None or not (self._budget is None or self._budget.withdraw()):
                break
            if self._logger is not None:
                self._logger.warning(
                    "a call failed and is tried again", error=str(error), attempt=attempt, wait=wait
                )
            await self._clock.sleep(wait)
            left = None if left is None else left - wait
            once_more = await self._inner.send(_within(request, left))
            if isinstance(once_more, Ok):
                return once_more
            result = once_more
        return result


def _within(request: Request, left: float | None) -> Request:
    options = request.options
    if left is None or options.timeout <= left:
        return request
    return replace(request, options=replace(options, timeout=left))
