"""The whole stack: it is a client like any other, its parts are in order, and it stands an outage."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from infra_ref.backoff import Backoff
from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.gateway.contracts.decorator_contract import ANSWER, PLEASE, Inner, failed
from infra_ref.gateway.decorators.bulkhead_http_client import BulkheadFull
from infra_ref.gateway.errors import ServerFailed
from infra_ref.gateway.make_resilient import resilient
from infra_ref.gateway.policies.circuit_breaker import BreakerPolicy, CircuitOpen
from infra_ref.gateway.policies.retry_policy import RetryBudget, RetryPolicy
from infra_ref.gateway.port import HttpClient, Request
from infra_ref.gateway.rate_limiter_port import Throttled
from infra_ref.gateway.rate_limiting.memory_rate_limiter import MemoryRateLimiter
from infra_ref.gateway.rate_limiting.rate_window import Rate
from infra_ref.observability.testing.recording_logger import RecordingLogger
from infra_ref.result import Err


def stack(inner: Inner, clock: FakeClock, **more: Any) -> HttpClient:
    limiter = MemoryRateLimiter(Rate(1, 1000.0), clock=clock)
    return resilient(inner, clock=clock, **{"limiter": limiter, "concurrent": 1, **more})


def test_the_limiter_counts_calls_and_the_breaker_attempts() -> None:
    async def check() -> None:
        clock, inner = FakeClock(), Inner(failed())
        client = stack(inner, clock, breaker=BreakerPolicy(window=2, failures=2, open_for=1000))
        call = asyncio.create_task(client.send(PLEASE))
        await clock.advance(100)
        # Three attempts passed a limiter of one call; the breaker stopped the third.
        assert len(inner.calls) == 2
        result = await call
        assert isinstance(result, Err)
        assert isinstance(result.error, CircuitOpen)
        refused = asyncio.create_task(client.send(PLEASE))
        await clock.advance(100)
        assert isinstance((await refused).error, Throttled)  # type: ignore[union-attr]

    run(check())


def test_a_full_bulkhead_is_not_retried() -> None:
    async def check() -> None:
        clock = FakeClock()
        never = asyncio.Event()

        async def hang(request: Request) -> Any:
            await never.wait()

        inner = Inner(hang)
        client = stack(inner, clock, limiter=None)
        calls = [asyncio.create_task(client.send(PLEASE)) for _ in range(102)]
        await clock.advance(0.5)
        done = [call.result().error for call in calls if call.done()]
        assert [type(error) for error in done] == [BulkheadFull]
        assert len(inner.calls) == 1
        for call in calls:
            call.cancel()

    run(check())


def test_traffic_in_an_outage_and_after_it() -> None:
    """20 callers a second, the peer down for a minute: what it gets, second by second."""

    async def traffic(client_of: Any) -> list[int]:
        clock, chance = FakeClock(), random.Random(7)
        seconds = [0] * 130

        def peer(request: Request) -> Any:
            seconds[int(clock.monotonic())] += 1
            return failed() if clock.monotonic() < 60 else ANSWER

        client = client_of(Inner(peer), clock, chance.random)
        calls: list[asyncio.Task[Any]] = []
        for _ in range(80):
            calls += [asyncio.create_task(client.send(PLEASE)) for _ in range(20)]
            await clock.advance(1)
        await clock.advance(49)
        assert all(call.done() for call in calls)
        return seconds

    def naive(inner: Inner, clock: FakeClock, chance: Any) -> HttpClient:
        from infra_ref.gateway.decorators.retrying_http_client import RetryingHttpClient

        return RetryingHttpClient(inner, policy=RetryPolicy(backoff=Backoff(jitter=0)), clock=clock)

    def whole(inner: Inner, clock: FakeClock, chance: Any) -> HttpClient:
        return resilient(inner, budget=RetryBudget(), clock=clock, random=chance)

    storm, calm = run(traffic(naive)), run(traffic(whole))
    assert max(storm[10:60]) == 60  # three times the 20 that users ask for
    assert sum(calm[10:60]) < 60  # a few probes each half minute
    assert calm[65:80] == [20] * 15  # all are served again soon after it is back


def test_what_is_logged_of_a_failure_has_no_secret() -> None:
    async def check() -> RecordingLogger:
        clock, logger = FakeClock(), RecordingLogger()

        def fail(request: Request) -> Any:
            return Err(ServerFailed.of(request, status=503))

        client = resilient(Inner(fail), logger=logger, clock=clock)
        call = asyncio.create_task(client.get("http://ann:swordfish@shop.test/a?token=swordfish"))
        await clock.advance(100)
        await call
        return logger

    logger = run(check())
    assert [record.message for record in logger.records] == [
        "a call failed and is tried again",
        "a call failed and is tried again",
    ]
    assert "swordfish" not in str(logger.records)
