"""Time that stands still until told, and the machine's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

import pytest

from infra_ref.clock import EPOCH, Clock, FakeClock, SystemClock, timeout
from infra_ref.contract import run


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def called(*args: Any, **kwargs: Any) -> None:
        run(test(*args, **kwargs))

    return called


class Sleepers:
    """Starts sleepers and notes who woke when."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.woken = clock, list[tuple[Any, float]]()
        self.tasks = list[asyncio.Task[None]]()

    def start(self, *naps: float, name: Any = None) -> asyncio.Task[None]:
        task = asyncio.create_task(self._sleep(naps, name))
        self.tasks.append(task)
        return task

    async def _sleep(self, naps: tuple[float, ...], name: Any) -> None:
        for nap in naps:
            await self.clock.sleep(nap)
            self.woken.append((nap if name is None else name, self.clock.monotonic()))


class TestFakeClock:
    @in_a_loop
    async def test_sleepers_wake_in_order_each_at_its_moment(self) -> None:
        sleepers = Sleepers(FakeClock())
        for nap in (3, 1, 2):
            sleepers.start(nap)
        await sleepers.clock.advance(2.5)
        assert sleepers.woken == [(1, 1), (2, 2)]
        await sleepers.clock.advance(0.5)
        assert sleepers.woken == [(1, 1), (2, 2), (3, 3)]

    @in_a_loop
    async def test_of_two_due_at_once_the_first_to_sleep_wakes_first(self) -> None:
        sleepers = Sleepers(FakeClock())
        for name in "abc":
            sleepers.start(1, name=name)
        await sleepers.clock.advance(1)
        assert [name for name, _ in sleepers.woken] == ["a", "b", "c"]

    @in_a_loop
    async def test_a_sleep_after_a_sleep_is_due_within_the_same_advance(self) -> None:
        sleepers = Sleepers(FakeClock())
        sleepers.start(1, 1, 1, name="short")
        sleepers.start(2.5, name="long")
        await sleepers.clock.advance(10)
        assert sleepers.woken == [("short", 1), ("short", 2), ("long", 2.5), ("short", 3)]
        assert sleepers.clock.monotonic() == 10

    @in_a_loop
    async def test_a_task_that_a_woken_one_starts_sleeps_from_then(self) -> None:
        sleepers = Sleepers(FakeClock())

        async def parent() -> None:
            await sleepers.clock.sleep(1)
            sleepers.start(1, name="child")

        waiting = asyncio.create_task(parent())
        await sleepers.clock.advance(2)
        assert sleepers.woken == [("child", 2)]
        await waiting

    @in_a_loop
    async def test_a_sleeper_wakes_at_its_deadline_and_not_before(self) -> None:
        sleepers = Sleepers(FakeClock())
        sleepers.start(1)
        await sleepers.clock.advance(0.999_999)
        assert sleepers.woken == []
        await sleepers.clock.advance(0.000_001)
        assert sleepers.woken == [(1, 1)]

    @in_a_loop
    async def test_tenths_add_up_as_on_paper(self) -> None:
        sleepers = Sleepers(FakeClock())
        sleepers.start(0.8)
        await sleepers.clock.advance(0.1)
        await sleepers.clock.advance(0.7)  # as floats, 0.1 + 0.7 < 0.8
        assert sleepers.woken == [(0.8, 0.8)]

    @in_a_loop
    async def test_advance_by_nothing_lets_others_run_and_passes_no_time(self) -> None:
        clock, ran = FakeClock(), asyncio.Event()
        asyncio.get_running_loop().call_soon(ran.set)
        await clock.advance(0)
        assert ran.is_set()
        assert clock.monotonic() == 0

    @pytest.mark.parametrize("seconds", [-1, -0.001, float("-inf"), float("inf"), float("nan")])
    @in_a_loop
    async def test_time_neither_goes_back_nor_ends(self, seconds: float) -> None:
        clock = FakeClock()
        with pytest.raises(ValueError, match="advance"):
            await clock.advance(seconds)
        assert clock.monotonic() == 0

    @pytest.mark.parametrize("seconds", [0, -1])
    @in_a_loop
    async def test_a_sleep_of_nothing_gives_others_a_turn(self, seconds: float) -> None:
        clock, seen = FakeClock(), list[str]()
        asyncio.get_running_loop().call_soon(seen.append, "other")
        await clock.sleep(seconds)
        seen.append("sleeper")
        assert seen == ["other", "sleeper"]
        assert clock.monotonic() == 0

    @in_a_loop
    async def test_a_cancelled_sleeper_leaves_nothing_and_wakes_nobody(self) -> None:
        sleepers = Sleepers(FakeClock())
        gone, other = sleepers.start(1, name="gone"), sleepers.start(2, name="other")
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait({gone})
        assert gone.cancelled()
        assert len(sleepers.clock._sleepers) == 1
        await sleepers.clock.advance(5)
        assert sleepers.woken == [("other", 2)]
        assert sleepers.clock._sleepers == []
        await other

    @in_a_loop
    async def test_a_sleeper_cancelled_by_one_that_woke_before_it_does_not_wake(self) -> None:
        sleepers = Sleepers(FakeClock())
        later = sleepers.start(1, name="later")

        async def first() -> None:
            await sleepers.clock.sleep(0.5)
            later.cancel()

        waiting = asyncio.create_task(first())
        await sleepers.clock.advance(2)
        assert (sleepers.woken, later.cancelled()) == ([], True)
        await waiting

    @in_a_loop
    async def test_a_thousand_timeouts_that_were_not_needed_leave_nothing(self) -> None:
        clock = FakeClock()
        for _ in range(1000):
            async with timeout(clock, 30):
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert clock._sleepers == []

    @in_a_loop
    async def test_a_sleeper_may_advance_the_clock_itself(self) -> None:
        clock = FakeClock()

        async def hasty() -> None:
            await clock.sleep(1)
            await clock.advance(20)

        waiting = asyncio.create_task(hasty())
        await clock.advance(10)
        await waiting
        assert clock.monotonic() == 21

    @in_a_loop
    async def test_two_that_advance_at_once_never_turn_time_back(self) -> None:
        sleepers = Sleepers(FakeClock())
        for nap in range(1, 12):
            sleepers.start(nap)
        await asyncio.sleep(0)
        await asyncio.gather(sleepers.clock.advance(10), sleepers.clock.advance(5))
        seen = [at for _, at in sleepers.woken]
        assert seen == sorted(seen)
        assert sleepers.clock.monotonic() == 10
        sleepers.tasks[-1].cancel()

    @in_a_loop
    async def test_a_short_advance_that_ends_after_a_long_one_does_not_turn_time_back(self) -> None:
        clock = FakeClock()
        await asyncio.gather(clock.advance(10), clock.advance(1))
        assert clock.monotonic() == 10

    @in_a_loop
    async def test_now_and_monotonic_agree(self) -> None:
        start = datetime(2030, 5, 1, 12, tzinfo=UTC)
        clock = FakeClock(start)
        assert (clock.now(), clock.monotonic()) == (start, 0)
        for seconds in (0.5, 0.1, 3600, 1e-6):
            await clock.advance(seconds)
            assert clock.now() - start == timedelta(seconds=clock.monotonic())
        assert clock.now().tzinfo is UTC

    @in_a_loop
    async def test_a_jump_of_the_wall_clock_is_no_passing_of_time(self) -> None:
        clock = FakeClock()
        await clock.advance(10)
        clock.jump(-3600)
        assert (clock.now(), clock.monotonic()) == (EPOCH - timedelta(seconds=3590), 10)

    def test_it_starts_on_the_same_day_everywhere(self) -> None:
        assert FakeClock().now() == EPOCH == datetime(2026, 1, 1, tzinfo=UTC)


class TestTimeout:
    @in_a_loop
    async def test_it_cancels_the_block_when_the_fake_time_is_up(self) -> None:
        clock = FakeClock()

        async def work() -> str:
            try:
                async with timeout(clock, 5):
                    await asyncio.Event().wait()
            except TimeoutError:
                return "timed out"
            return "not"

        task = asyncio.create_task(work())
        await clock.advance(4.9)
        assert not task.done()
        await clock.advance(0.1)
        assert await asyncio.wait_for(task, 1) == "timed out"
        assert clock._sleepers == []

    @pytest.mark.parametrize("clock", [FakeClock(), SystemClock()])
    @in_a_loop
    async def test_none_is_no_limit(self, clock: Clock) -> None:
        async with timeout(clock, None) as scope:
            await asyncio.sleep(0)
        assert not scope.expired()

    @in_a_loop
    async def test_a_cancellation_from_outside_stays_one(self) -> None:
        async def work() -> None:
            async with timeout(FakeClock(), 5):
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=1)
        assert task.cancelled()

    @in_a_loop
    async def test_it_follows_the_machine(self) -> None:
        with pytest.raises(TimeoutError):
            async with timeout(SystemClock(), 0.01):
                await asyncio.sleep(5)


class TestSystemClock:
    def test_now_is_in_utc(self) -> None:
        before, now, after = datetime.now(UTC), SystemClock().now(), datetime.now(UTC)
        assert before <= now <= after
        assert now.utcoffset() == timedelta(0)

    @in_a_loop
    async def test_a_sleep_takes_that_long(self) -> None:
        clock, began = SystemClock(), time.monotonic()
        before = clock.monotonic()
        await clock.sleep(0.02)
        assert 0.019 <= clock.monotonic() - before <= time.monotonic() - began < 5

    @pytest.mark.parametrize("seconds", [0, -1])
    @in_a_loop
    async def test_a_sleep_of_nothing_gives_others_a_turn(self, seconds: float) -> None:
        seen = list[str]()
        asyncio.get_running_loop().call_soon(seen.append, "other")
        await SystemClock().sleep(seconds)
        assert seen == ["other"]
