"""Interrupt an adapter that blocks the whole process, which no event loop can."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

BEAT = 0.25
"""Seconds between two signs of life of the event loop."""


class BlockedError(Exception):
    """The event loop stood still: something waits without `await`."""


@asynccontextmanager
async def not_blocked_for(seconds: float) -> AsyncGenerator[None]:
    """Raise BlockedError in whatever keeps the event loop from turning for that long.

    It works in the main thread of a POSIX system; elsewhere nothing is watched.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    silent = 0.0  # counted by alarms, so that a process that was stopped and continued is not accused

    def look(_number: int, _frame: object) -> None:
        nonlocal silent
        silent += BEAT
        if silent > seconds:
            silent = 0.0  # the next one has its own time
            raise BlockedError(f"blocked the event loop for {seconds:g} s, as time.sleep does: await instead")

    async def beat() -> None:
        nonlocal silent
        while True:
            silent = 0.0
            await asyncio.sleep(BEAT / 2)

    before = signal.signal(signal.SIGALRM, look)
    others = signal.setitimer(signal.ITIMER_REAL, BEAT, BEAT)
    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *others)
        beating.cancel()
        await asyncio.wait({beating})
