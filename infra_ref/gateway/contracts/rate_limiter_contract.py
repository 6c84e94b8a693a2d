"""What every `RateLimiter` promises."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, rule
from infra_ref.gateway.rate_limiter_port import RateLimiter, RateLimitExceeded
from infra_ref.gateway.rate_limiting.rate_window import Rate
from infra_ref.result import Err, Ok


class RateLimiterContract(Contract):
    """`make` makes a limiter of `rate`; with a fake clock time costs nothing, else it is real."""

    port = RateLimiter
    rate: ClassVar[Rate] = Rate(5, 1.0)
    late: ClassVar[float] = 0.0
    """Seconds by which a real limiter may let a call go later than it could."""

    others: ClassVar[int] = 2_000
    """Keys, more than an adapter keeps without looking which of them still matter."""

    def moment(self) -> float:
        """Return the seconds of the clock that the limiter goes by."""
        return self.clock.monotonic() if isinstance(self.clock, FakeClock) else time.monotonic()

    @rule("LIMIT-01", "calls within the rate go at once")
    async def at_once(self, limiter: RateLimiter) -> None:
        start = self.moment()
        for _ in range(self.rate.limit):
            assert await limiter.acquire("a", patience=0) == Ok(None)
        assert self.moment() - start <= self.late

    @rule("LIMIT-02", "in no window of time are there more calls than the rate allows")
    async def every_window(self, limiter: RateLimiter, clock: Any) -> None:
        calls = self._calls(limiter, 1)
        await clock.advance(self.rate.per * 0.9)  # when a bucket would be nearly full again
        calls += self._calls(limiter, 4 * self.rate.limit)
        await clock.advance(self.rate.per * 5.5 + self.late * 5)
        went = sorted([await call for call in calls if call.done()])
        assert len(went) == len(calls)
        early = 1e-6
        spans = [later - sooner for sooner, later in zip(went, went[self.rate.limit :], strict=False)]
        assert min(spans) >= self.rate.per - early

    @rule("LIMIT-03", "beyond the caller's patience it is an error at once, with the seconds to wait")
    async def refuses(self, limiter: RateLimiter) -> None:
        await self._use_up(limiter, "a")
        start = self.moment()
        result = await limiter.acquire("a", patience=self.rate.per / 2)
        assert self.moment() - start <= self.late
        assert isinstance(result, Err)
        assert isinstance(result.error, RateLimitExceeded)
        assert self.rate.per / 2 < (result.error.retry_after or 0) <= self.rate.per + self.late

    @rule("LIMIT-04", "first come, first served")
    async def in_order(self, limiter: RateLimiter, clock: Any) -> None:
        went: list[int] = []

        async def call(number: int) -> None:
            await limiter.acquire("a")
            went.append(number)

        calls = [asyncio.create_task(call(number)) for number in range(2 * self.rate.limit)]
        await clock.advance(self.rate.per * 1.5 + self.late)
        assert (went, all(one.done() for one in calls)) == (list(range(2 * self.rate.limit)), True)

    @rule("LIMIT-05", "one that is cancelled while it waits leaves no hole, and counts no longer")
    async def cancelled(self, limiter: RateLimiter, clock: Any) -> None:
        await self._use_up(limiter, "a")
        first = self._calls(limiter, 2 * self.rate.limit)
        await clock.advance(self.rate.per / 4)
        (last,) = self._calls(limiter, 1)
        await clock.advance(self.rate.per / 4)
        for call in first:
            call.cancel()
        await clock.advance(self.rate.per * 0.6 + self.late)
        assert last.done()
        assert await limiter.acquire("a", patience=self.rate.per / 4) == Ok(None)  # no call waits any more

    @rule("LIMIT-06", "keys are apart")
    async def keys(self, limiter: RateLimiter) -> None:
        await self._use_up(limiter, "a")
        assert await limiter.acquire("b", patience=0) == Ok(None)

    @rule("LIMIT-07", "one that was refused has taken nothing")
    async def takes_nothing(self, limiter: RateLimiter, clock: Any) -> None:
        await self._use_up(limiter, "a")
        for _ in range(3 * self.rate.limit):
            await limiter.acquire("a", patience=0)
        await clock.advance(self.rate.per * 1.1 + self.late)
        assert await limiter.acquire("a", patience=0) == Ok(None)

    @rule("LIMIT-08", "however many other keys there are, one that is used up is not forgotten")
    async def many_keys(self, limiter: RateLimiter, clock: Any) -> None:
        await self._use_up(limiter, "a")
        await clock.advance((self.rate.per - 2 * self.late) * 0.9)
        for number in range(self.others):
            await limiter.acquire(f"other-{number}", patience=0)
        assert isinstance(await limiter.acquire("a", patience=0), Err)

    @rule("LIMIT-09", "however many other keys there are, one that waits is not forgotten")
    async def many_keys_while_waiting(self, limiter: RateLimiter, clock: Any) -> None:
        await self._use_up(limiter, "a")
        flood = asyncio.create_task(self._flood(limiter, clock, self.rate.per))
        calls = self._calls(limiter, self.rate.limit)
        await clock.advance(self.rate.per + self.late)
        await flood
        assert [call.done() for call in calls] == [True] * self.rate.limit
        assert isinstance(await limiter.acquire("a", patience=0), Err)

    async def _flood(self, limiter: RateLimiter, clock: Any, after: float) -> None:
        await (clock.sleep(after) if isinstance(clock, FakeClock) else asyncio.sleep(after))
        for number in range(self.others):
            await limiter.acquire(f"other-{number}", patience=0)

    async def _use_up(self, limiter: RateLimiter, key: str) -> None:
        for _ in range(self.rate.limit):
            await limiter.acquire(key)

    def _calls(self, limiter: RateLimiter, number: int) -> list[asyncio.Task[float]]:
        async def call() -> float:
            await limiter.acquire("a")
            return self.moment()

        return [asyncio.create_task(call()) for _ in range(number)]
