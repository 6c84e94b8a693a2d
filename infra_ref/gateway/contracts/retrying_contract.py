"""What a retrying client promises. The adapter is the constructor of one."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.backoff import Backoff
from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.decorator_contract import (
    ANSWER,
    HANGS,
    PLEASE,
    DecoratorContract,
    Inner,
    NotSent,
    PeerFailed,
    PeerRefused,
    at_once,
    failed,
    passing,
)
from infra_ref.gateway.contracts.peer_contract import failure
from infra_ref.gateway.policies.retry_policy import DeadlineExceeded, RetryBudget, RetryPolicy
from infra_ref.gateway.port import HttpOptions, Request
from infra_ref.result import Err

STEADY = RetryPolicy(backoff=Backoff(jitter=0))
AGES = 1000.0
YEAR = 365 * 86400.0


class RetryingContract(DecoratorContract):
    """Times are on a fake clock; waits are without jitter unless a rule is about it."""

    @rule("RETRY-01", "a call that fails for now is made again until it succeeds")
    async def tries_again(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed(NotSent), failed(), ANSWER)
        client = wrap(inner, policy=STEADY, clock=clock)
        assert await passing(clock, client.send(PLEASE), AGES) is ANSWER
        assert len(inner.calls) == 3

    @rule("RETRY-02", "there are as many attempts as the policy allows, or the call's own options")
    async def gives_up(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed())
        client = wrap(inner, policy=STEADY, clock=clock)
        failure(await passing(clock, client.send(PLEASE), AGES), PeerFailed)
        counted = [len(inner.calls)]
        await passing(clock, client.get("/a", HttpOptions(attempts=5)), AGES)
        await passing(clock, client.get("/a", HttpOptions(attempts=1)), AGES)
        assert [*counted, len(inner.calls)] == [3, 9]

    @rule("RETRY-03", "what will not change is not tried again")
    async def not_retryable(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(error := failed(PeerRefused))
        assert await passing(clock, wrap(inner, clock=clock).send(PLEASE), AGES) is error
        assert len(inner.calls) == 1

    @rule("RETRY-04", "POST, PUT, PATCH and DELETE are not repeated on a guess")
    async def unsafe(self, wrap: Any, clock: FakeClock) -> None:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            inner = Inner(failed())
            await passing(clock, wrap(inner, clock=clock).send(Request(method, "/a")), AGES)
            assert (method, len(inner.calls)) == (method, 1)

    @rule("RETRY-05", "with an idempotency key any method is repeated, with the same key each time")
    async def with_key(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed(), failed(), ANSWER)
        options = HttpOptions(idempotency_key="k1")
        assert await passing(clock, wrap(inner, clock=clock).post("/a", {}, options), AGES) is ANSWER
        assert [call.options.idempotency_key for call in inner.calls] == ["k1"] * 3

    @rule("RETRY-06", "waits double, from 2 s, up to the longest")
    async def backs_off(self, wrap: Any, clock: FakeClock) -> None:
        times = _Times(clock)
        policy = RetryPolicy(attempts=5, backoff=Backoff(jitter=0, longest=9))
        client = wrap(times.inner, policy=policy, clock=clock)
        await passing(clock, client.send(PLEASE), AGES)
        assert times.waits == [2.0, 4.0, 8.0, 9.0]

    @rule("RETRY-07", "jitter shortens a wait at random, and never lengthens it")
    async def jitters(self, wrap: Any, clock: FakeClock) -> None:
        times, numbers = _Times(clock), iter([0.25, 0.999, 0.0, 0.5])
        client = wrap(times.inner, policy=RetryPolicy(attempts=4), clock=clock, random=lambda: next(numbers))
        await passing(clock, client.send(PLEASE), AGES)
        assert [round(wait, 6) for wait in times.waits] == [1.5, 0.004, 8.0]

    @rule("RETRY-08", "Retry-After is obeyed")
    async def obeys(self, wrap: Any, clock: FakeClock) -> None:
        times = _Times(clock, failed(retry_after=7.0))
        await passing(clock, wrap(times.inner, clock=clock).send(PLEASE), AGES)
        assert times.waits == [7.0, 7.0]

    @rule("RETRY-09", "a Retry-After beyond the deadline is not waited for: the call fails at once")
    async def not_past_deadline(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed(retry_after=20.0))
        result = await passing(clock, wrap(inner, clock=clock).get("/a", HttpOptions(deadline=10)))
        assert failure(result, PeerFailed).retry_after == 20.0

    @rule("RETRY-10", "without a deadline, a Retry-After of a year is not waited for either")
    async def patience(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed(retry_after=YEAR))
        result = await passing(clock, wrap(inner, clock=clock).send(PLEASE))
        assert failure(result, PeerFailed).retry_after == YEAR

    @rule("RETRY-11", "no attempt is given more time than the deadline has left; then it is DeadlineExceeded")
    async def deadline(self, wrap: Any, clock: FakeClock) -> None:
        async def slow(request: Request) -> Err[Any]:
            await clock.sleep(request.options.timeout)
            return failed()

        inner = Inner(slow)
        client = wrap(inner, policy=RetryPolicy(attempts=9, backoff=Backoff(jitter=0)), clock=clock)
        result = await passing(clock, client.get("/a", HttpOptions(timeout=3, deadline=7)), 7)
        error = failure(result, DeadlineExceeded)
        assert [call.options.timeout for call in inner.calls] == [3, 2]
        assert (error.seconds, type(error.last)) == (7, PeerFailed)

    @rule("RETRY-12", "attempt 2,000 comes like any other")
    async def many(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed())
        policy = RetryPolicy(attempts=2001, backoff=Backoff(jitter=0, longest=0.01))
        await passing(clock, wrap(inner, policy=policy, clock=clock).send(PLEASE), 30)
        assert len(inner.calls) == 2001

    @rule("RETRY-13", "a call that is cancelled while it waits ends at once, and makes no attempt any more")
    async def cancelled_waiting(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed())
        call = asyncio.create_task(wrap(inner, clock=clock, policy=STEADY).send(PLEASE))
        await clock.advance(1)
        call.cancel()
        await clock.advance(AGES)
        assert (call.done() and call.cancelled(), len(inner.calls)) == (True, 1)

    @rule("RETRY-14", "a call that is cancelled within an attempt is not tried again")
    async def cancelled_calling(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(HANGS, ANSWER)
        call = asyncio.create_task(wrap(inner, clock=clock).send(PLEASE))
        await clock.advance(1)
        call.cancel()
        await clock.advance(AGES)
        assert (call.cancelled(), len(inner.calls), inner.busy) == (True, 1, 0)

    @rule("RETRY-15", "while all fails, retries stay within the budget: 20 % and 10 on top")
    async def budget(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed())
        client = wrap(inner, clock=clock, policy=STEADY, budget=RetryBudget(percent=20, reserve=10))
        calls = at_once(client, 1000)
        await clock.advance(AGES)
        assert all(call.done() for call in calls)
        assert 1150 <= len(inner.calls) <= 1210

    @rule("RETRY-16", "a refusal that comes as the deadline ends is returned as it is")
    async def refused_late(self, wrap: Any, clock: FakeClock) -> None:
        async def late(request: Request) -> Err[Any]:
            await clock.sleep(5)
            return failed(PeerRefused)

        client = wrap(Inner(late), clock=clock)
        failure(await passing(clock, client.get("/a", HttpOptions(deadline=5, timeout=5)), 5), PeerRefused)

    @rule("RETRY-17", "a wait that would end just as the deadline does is not begun")
    async def nothing_left(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed())
        options = HttpOptions(timeout=2, deadline=2)
        result = await passing(clock, wrap(inner, policy=STEADY, clock=clock).get("/a", options))
        failure(result, PeerFailed)
        assert len(inner.calls) == 1

    @rule(
        "RETRY-18", "what a wait took longer is taken from the next attempt: the deadline holds all the same"
    )
    async def late_wake(self, wrap: Any, clock: FakeClock) -> None:
        inner, busy = Inner(failed()), _Busy(clock)
        client = wrap(inner, policy=STEADY, clock=busy)
        await passing(clock, client.get("/a", HttpOptions(timeout=3, deadline=6, attempts=2)), AGES)
        assert [call.options.timeout for call in inner.calls] == [3, 1]
        result = await passing(clock, client.get("/a", HttpOptions(timeout=3, deadline=4)), AGES)
        failure(result, DeadlineExceeded)
        assert len(inner.calls) == 3


class _Times:
    """An inner client that always fails, and the waits between its calls."""

    def __init__(self, clock: FakeClock, error: Err[Any] | None = None) -> None:
        self._moments: list[float] = []

        def note(request: Request) -> Err[Any]:
            self._moments.append(clock.monotonic())
            return failed() if error is None else error

        self.inner = Inner(note)

    @property
    def waits(self) -> list[float]:
        pairs = zip(self._moments, self._moments[1:], strict=False)
        return [round(later - sooner, 9) for sooner, later in pairs]


class _Busy(FakeClock):
    """The time of `clock`, on a machine so busy that each wait takes 3 seconds longer."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds + 3)
