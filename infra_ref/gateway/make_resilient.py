"""The whole stack in the right order."""

from __future__ import annotations

import random

from infra_ref.backoff import Random
from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.decorators.bulkhead_http_client import BulkheadHttpClient
from infra_ref.gateway.decorators.circuit_breaking_http_client import CircuitBreakingHttpClient
from infra_ref.gateway.decorators.rate_limited_http_client import RateLimitedHttpClient
from infra_ref.gateway.decorators.retrying_http_client import RetryingHttpClient
from infra_ref.gateway.policies.circuit_breaker import BreakerPolicy
from infra_ref.gateway.policies.retry_policy import RetryBudget, RetryPolicy
from infra_ref.gateway.port import HttpClient, HttpError
from infra_ref.gateway.rate_limiter_port import RateLimiter
from infra_ref.observability.port import Logger


def resilient(
    inner: HttpClient,
    *,
    limiter: RateLimiter | None = None,
    concurrent: int | None = None,
    retry: RetryPolicy | None = None,
    budget: RetryBudget | None = None,
    breaker: BreakerPolicy | None = None,
    logger: Logger | None = None,
    clock: Clock | None = None,
    random: Random = random.random,
) -> HttpClient:
    """Return `inner` in all its decorators; from the outside in:

        rate limited  refuses before anything is spent; only with a `limiter`
        bulkhead      so does this; only with `concurrent`
        retrying      holds the deadline, and the budget of all retries
        breaking      sees each attempt, so that retries stop when it opens
        `inner`       holds the timeout of each attempt

    The order is that of the standard handler of .NET's Http.Resilience: rate limiter, total
    timeout, retry, circuit breaker, attempt timeout. The limiter counts calls. Where a peer counts
    attempts, put a `RateLimitedHttpClient` around `inner` as well. To measure what the caller gets,
    put `monitored` of observability around the whole, and to measure attempts around `inner`.
    """
    clock = clock or SystemClock()

    def log_retry(error: HttpError, attempt: int, wait: float) -> None:
        if logger is not None:
            logger.warning("a call failed and is tried again", error=str(error), attempt=attempt, wait=wait)

    client: HttpClient = CircuitBreakingHttpClient(inner, policy=breaker or BreakerPolicy(), clock=clock)
    retry, budget = retry or RetryPolicy(), budget or RetryBudget()
    client = RetryingHttpClient(
        client, policy=retry, budget=budget, clock=clock, random=random, on_retry=log_retry
    )
    if concurrent is not None:
        client = BulkheadHttpClient(client, concurrent=concurrent, clock=clock)
    if limiter is not None:
        client = RateLimitedHttpClient(client, limiter, clock=clock)
    return client
