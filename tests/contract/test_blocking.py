"""What keeps the event loop from turning is interrupted, and nothing else is."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from infra_ref.contract.blocking import Blocked, not_blocked_for


async def watched(seconds: float, does: float) -> None:
    async with not_blocked_for(seconds):
        await asyncio.sleep(does)


def test_what_blocks_is_interrupted() -> None:
    async def sleeps() -> None:
        async with not_blocked_for(0.4):
            time.sleep(5)  # noqa: ASYNC251 - that is what it looks for

    began = time.monotonic()
    with pytest.raises(Blocked, match="await instead"):
        asyncio.run(sleeps())
    assert time.monotonic() - began < 4


def test_a_loop_that_waits_is_not_blocked() -> None:
    asyncio.run(watched(0.3, 1.0))


def test_blocks_that_overlap_leave_no_alarm_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)

    async def both() -> None:
        await asyncio.gather(watched(0.3, 0.1), watched(0.3, 0.4))

    asyncio.run(both())
    assert signal.getsignal(signal.SIGALRM) is before
    left, again = signal.getitimer(signal.ITIMER_REAL)  # a test runner may have one of its own
    assert again == 0
    assert left == 0 or left > 5
