"""Interrupt an adapter that blocks the event loop, which the loop itself cannot."""

from __future__ import annotations

import asyncio
import selectors
import signal
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import FrameType

BEAT = 0.25
"""Seconds between two looks at whether the event loop still turns."""

_watching = threading.Lock()
"""Held by the one block that has the alarm: there is one alarm in a process."""


class Blocked(BaseException):
    """The event loop stood still. Not an Exception, so that `except Exception` in an adapter lets it pass."""


@asynccontextmanager
async def not_blocked_for(seconds: float) -> AsyncGenerator[None]:
    """Raise Blocked in whatever keeps the event loop from turning for that long.

    It needs the main thread of a POSIX system; elsewhere nothing is watched. Of
    several blocks at once the first watches for all.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not (hasattr(signal, "setitimer") and in_main_thread and _watching.acquire(blocking=False)):
        yield
        return
    still = 0.0  # counted by alarms, so that a process that was stopped and continued is not accused

    def look(_number: int, frame: FrameType | None) -> None:
        nonlocal still
        still += BEAT
        if frame is not None and frame.f_code.co_filename == selectors.__file__:
            still = 0.0  # the loop waits for work: nothing keeps it
        elif still > seconds:
            still = 0.0  # the next block has its own time
            raise Blocked(f"blocked the event loop for {seconds:g} s, as time.sleep does: await instead")

    async def beat() -> None:
        nonlocal still
        while True:
            still = 0.0
            await asyncio.sleep(BEAT / 2)

    beating, began = asyncio.create_task(beat()), time.monotonic()
    handler = signal.signal(signal.SIGALRM, look)
    left, interval = signal.setitimer(signal.ITIMER_REAL, BEAT, BEAT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:  # another timer ran before
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - began)), interval)
        _watching.release()
        beating.cancel()
        await asyncio.wait({beating})
