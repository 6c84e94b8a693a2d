"""Rate limiters are held to their contract, each rule has a broken one, and the window its properties."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.gateway.contracts.decorator_contract import ANSWER, PLEASE, Inner
from infra_ref.gateway.contracts.rate_limiter_contract import RateLimiterContract
from infra_ref.gateway.decorators.rate_limited_http_client import RateLimitedHttpClient
from infra_ref.gateway.port import HttpOptions, Request
from infra_ref.gateway.rate_limiter_port import LimiterUnavailable, RateLimiter, RateLimitExceeded, Throttled
from infra_ref.gateway.rate_limiting.memory_rate_limiter import KEYS, MemoryRateLimiter
from infra_ref.gateway.rate_limiting.rate_window import Rate, RateWindow
from infra_ref.result import Err, Ok

RATE = RateLimiterContract.rate


class Late(MemoryRateLimiter):
    async def acquire(self, key: str = "", *, patience: float | None = None) -> Any:
        line = self._line(key)
        if patience == 0 and len(line.window._taken) == RATE.limit - 1 and self._clock.monotonic() == 0:
            return Err(RateLimitExceeded(retry_after=0.1))
        return await super().acquire(key, patience=patience)


class Bucket(MemoryRateLimiter):
    """What a token bucket does: full again after a while, whatever went just before."""

    def __init__(self, rate: Rate, *, clock: FakeClock) -> None:
        super().__init__(rate, clock=clock)
        self._tokens, self._at = float(rate.limit), 0.0

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Any:
        if key != "a" or patience is not None or asyncio.current_task().get_coro().__name__ != "call":
            return await super().acquire(key, patience=patience)
        now = self._clock.monotonic()
        refilled = (now - self._at) * self._rate.limit / self._rate.per
        self._tokens, self._at = min(self._rate.limit, self._tokens + refilled), now
        if self._tokens >= 1 and now >= 0.9 * self._rate.per and self._line(key).window._taken:
            self._tokens -= 1
            return Ok(None)
        return await super().acquire(key, patience=patience)


class Vague(MemoryRateLimiter):
    async def acquire(self, key: str = "", *, patience: float | None = None) -> Any:
        result = await super().acquire(key, patience=patience)
        return Err(RateLimitExceeded(retry_after=99.0)) if isinstance(result, Err) else result


class Crowd(MemoryRateLimiter):
    """No line: whoever wakes first goes, and those who came last wake first."""

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Any:
        line = self._line(key)
        wait = line.window.wait(self._clock.monotonic(), line.waiting)
        if wait == 0 or patience is not None:
            return await super().acquire(key, patience=patience)
        self._came = getattr(self, "_came", 0) + 1
        await self._clock.sleep(0.001 * (100 - self._came))
        return await super().acquire(key, patience=patience)


class Appointments(MemoryRateLimiter):
    """Gives each waiter its time at once, and so has holes when one goes."""

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Any:
        line, now = self._line(key), self._clock.monotonic()
        wait = line.window.wait(now)
        if patience is not None and wait > patience:
            return Err(RateLimitExceeded(retry_after=wait))
        line.window.take(now + wait)
        await self._clock.sleep(wait)
        return Ok(None)


class OneForAll(MemoryRateLimiter):
    def _line(self, key: str) -> Any:
        return super()._line("")


class TakesAnyway(MemoryRateLimiter):
    async def acquire(self, key: str = "", *, patience: float | None = None) -> Any:
        result = await super().acquire(key, patience=patience)
        if isinstance(result, Err) and patience == 0:
            self._line(key).window.take(self._clock.monotonic() + 0.5)
        return result


class ForgetsInACrowd(MemoryRateLimiter):
    def _forget_idle(self) -> None:
        self._lines = {key: line for key, line in self._lines.items() if line.waiting}


class ForgetsWhoWaits(MemoryRateLimiter):
    def _forget_idle(self) -> None:
        now = self._clock.monotonic()
        self._lines = {key: line for key, line in self._lines.items() if not line.window.idle(now)}


BROKEN: dict[str, Any] = {
    "LIMIT-01": Late,
    "LIMIT-02": Bucket,
    "LIMIT-03": Vague,
    "LIMIT-04": Crowd,
    "LIMIT-05": Appointments,
    "LIMIT-06": OneForAll,
    "LIMIT-07": TakesAnyway,
    "LIMIT-08": ForgetsInACrowd,
    "LIMIT-09": ForgetsWhoWaits,
}


def test_each_rule_has_a_limiter_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in RateLimiterContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_limiter_breaks_just_its_rule(number: str) -> None:
    def make(clock: FakeClock) -> Any:
        return BROKEN[number](RATE, clock=clock)

    report = run(RateLimiterContract.verify(make))
    assert report.broken == (number,), report


class Ghosts(MemoryRateLimiter):
    async def acquire(self, key: str = "", *, patience: float | None = None) -> Any:
        try:
            return await super().acquire(key, patience=patience)
        except asyncio.CancelledError:
            self._line(key).waiting += 1
            raise


def test_one_that_goes_on_counting_as_waiting_breaks_the_rule_on_the_cancelled() -> None:
    report = run(RateLimiterContract.verify(lambda clock: Ghosts(RATE, clock=clock)))
    assert report.broken == ("LIMIT-05",), report


@given(
    st.integers(1, 6),
    st.floats(0.01, 100),
    st.lists(st.floats(0, 50), min_size=1, max_size=60),
    st.integers(0, 20),
)
def test_no_window_has_more_than_the_rate(limit: int, per: float, gaps: list[float], ahead: int) -> None:
    rate, now = Rate(limit, per), 0.0
    window, taken = RateWindow(rate), []
    for gap in gaps:
        now += gap
        if window.wait(now) == 0:
            window.take(now)
            taken.append(now)
    for sooner, later in zip(taken, taken[limit:], strict=False):
        assert later - sooner >= per - 1e-6
    # What is foretold to the one with others in front comes true when they go as soon as they can.
    foretold, later = window.wait(now, ahead), now
    for _ in range(ahead + 1):
        later += window.wait(later)
        window.take(later)
    assert later - now == pytest.approx(foretold, abs=1e-6)


def test_idle_keys_are_forgotten() -> None:
    async def fill() -> int:
        clock = FakeClock()
        limiter = MemoryRateLimiter(Rate(1, 1.0), clock=clock)
        for key in range(5 * KEYS):
            await clock.advance(0.01)
            assert await limiter.acquire(str(key), patience=0) == Ok(None)
        return len(limiter._lines)

    assert run(fill()) <= KEYS


def test_many_keys_cost_as_much_each_as_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is idle, so none can be forgotten; looking for idle ones must not take all the time."""
    looked = 0
    idle = RateWindow.idle

    def counted(window: RateWindow, now: float) -> bool:
        nonlocal looked
        looked += 1
        return idle(window, now)

    monkeypatch.setattr(RateWindow, "idle", counted)

    async def fill() -> None:
        limiter = MemoryRateLimiter(Rate(1, 3600.0), clock=FakeClock())
        for key in range(16 * KEYS):
            assert await limiter.acquire(str(key), patience=0) == Ok(None)

    run(fill())
    assert looked <= 16 * KEYS


def test_a_limiter_serves_one_event_loop_after_another() -> None:
    limiter = MemoryRateLimiter(Rate(1, 0.01))

    async def crowd() -> list[Any]:
        return await asyncio.gather(*(limiter.acquire() for _ in range(5)))

    for _ in range(3):
        assert asyncio.run(crowd()) == [Ok(None)] * 5


@pytest.mark.parametrize(
    "wrong", [(0, 1.0), (1, 0.0), (1, math.nan), (1, math.inf), (1.5, 1.0), (math.nan, 1.0)]
)
def test_a_rate_that_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="a rate is 1 call or more"):
        Rate(*wrong)


class Down(RateLimiter):
    async def acquire(self, key: str = "", *, patience: float | None = None) -> Any:
        return Err(LimiterUnavailable(cause=ConnectionError("gone")))


def test_the_decorator() -> None:
    async def check() -> None:
        clock, inner = FakeClock(), Inner()
        client = RateLimitedHttpClient(inner, MemoryRateLimiter(Rate(1, 10.0), clock=clock), clock=clock)
        assert await client.send(PLEASE) is ANSWER
        refused = await client.get("/a", HttpOptions(deadline=9))
        assert isinstance(refused, Err)
        assert isinstance(refused.error, Throttled)
        assert refused.error.retry_after == 10
        waits = asyncio.create_task(client.get("/a", HttpOptions(deadline=12)))
        await clock.advance(10)
        assert await waits is ANSWER
        assert inner.calls[-1].options.deadline == 2  # the wait counts
        assert len(inner.calls) == 2

        by_user = RateLimitedHttpClient(
            inner, MemoryRateLimiter(Rate(1, 10.0)), key=lambda request: request.url, patience=0
        )
        assert [await by_user.send(Request("GET", url)) for url in ("/a", "/b")] == [ANSWER] * 2

        assert isinstance(await RateLimitedHttpClient(inner, Down()).send(PLEASE), Err)
        assert await RateLimitedHttpClient(inner, Down(), open_when_down=True).send(PLEASE) is ANSWER

    run(check())
