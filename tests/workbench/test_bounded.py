"""`Bounded`: what runs within is ended in time, and the cell's own loop, timer and handlers are as before."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.workbench.teaching import judging
from infra_ref.workbench.teaching.bounded import Bounded, TimeIsUp, can_interrupt
from tests.workbench.test_exercise import COUNT


def bounded(seconds: float = 0.2) -> Bounded:
    return Bounded(seconds, __file__.__eq__)


def test_it_returns_what_the_work_returns_within_a_running_loop() -> None:
    async def cell() -> int:
        before = asyncio.current_task()

        async def work() -> int:
            await asyncio.sleep(0.001)
            return 3

        number = bounded().run(work)
        await asyncio.sleep(0)
        assert asyncio.current_task() is before
        return number

    assert run(cell()) == 3


def test_all_work_shares_the_time() -> None:
    both = bounded(0.3)
    began = time.monotonic()
    both.run(lambda: asyncio.sleep(0.2))
    with pytest.raises(TimeIsUp, match=r"no answer within 0.3 s"):
        both.run(lambda: asyncio.sleep(60))
    assert time.monotonic() - began < 10


def test_the_timer_of_somebody_else_goes_on() -> None:
    fired: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: fired.append(1))
    old = signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeIsUp):
            bounded(0.1).run(lambda: asyncio.sleep(60))
        assert not fired
        time.sleep(0.4)
        assert fired == [1]
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *old)


def test_what_is_left_over_is_ended_with_it() -> None:
    ended: list[str] = []

    async def background() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("yes")

    async def work() -> None:
        task = asyncio.create_task(background())
        await asyncio.sleep(0)
        assert not task.done()

    bounded().run(work)
    assert ended == ["yes"]


def test_in_a_thread_what_awaits_is_ended_too() -> None:
    """There is no signal: the rules run on the loop that is there, and end when they are late."""
    told: list[Any] = []

    def in_a_thread() -> None:
        assert not can_interrupt()
        hangs = COUNT.make("async def add(self, by):\n    import asyncio\n    await asyncio.sleep(60)")
        told.append(run(judging.judged(COUNT, hangs, seconds=0.1)))

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join(10)
    assert [one.outcome for one in told[0].tried] == ["broken", "not tried", "not tried"]
