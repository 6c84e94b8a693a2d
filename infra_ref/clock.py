"""`Clock`: time as something that is passed in, so that a test can stop it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Gives the time, and waits."""

    def now(self) -> datetime:
        """Return the wall clock's time, in UTC. It may jump; never measure with it."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some start. It never goes back; use it to measure and to expire."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long; zero or less gives others a turn and returns."""
        ...


class SystemClock:
    """The machine's own `Clock`."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds of `time.monotonic`."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(max(seconds, 0))


def timeout(clock: Clock, seconds: float | None) -> AbstractAsyncContextManager[asyncio.Timeout]:
    """Do as `asyncio.timeout` does, by `clock`: cancel the block and raise TimeoutError after that long.

    None is no limit. On a clock that is not the machine's, each use takes a task.
    """
    if seconds is None or isinstance(clock, SystemClock):
        return asyncio.timeout(seconds)
    return _timeout_by(clock, seconds)


@asynccontextmanager
async def _timeout_by(clock: Clock, seconds: float) -> AsyncGenerator[asyncio.Timeout, None]:
    async with asyncio.timeout(None) as scope:

        async def ring() -> None:
            await clock.sleep(seconds)
            scope.reschedule(0)

        alarm = asyncio.create_task(ring())
        try:
            yield scope
        finally:
            alarm.cancel()


EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When a `FakeClock` starts by default."""

_TURNS = 20
"""Turns of the event loop that a woken sleeper gets before time goes on."""


class FakeClock:
    """A `Clock` that stops until `await clock.advance(60)`: then every sleeper that is due has run."""

    def __init__(self, start: datetime = EPOCH) -> None:
        self._start = start  # moves when the wall clock jumps
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """Return the start plus all that was advanced."""
        return self._start + timedelta(seconds=self._elapsed)

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back; `monotonic` and sleepers do not notice."""
        self._start += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        """Return the seconds that were advanced so far."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has passed that many seconds."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        sleeper = (self._after(seconds), next(self._order), woken)
        heapq.heappush(self._sleepers, sleeper)
        try:
            await woken
        finally:
            if sleeper in self._sleepers:  # cancelled, not woken
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Pass time, waking each sleeper at its own moment and letting it run before the next.

        Raises ValueError for a time that is negative or not finite.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"advance({seconds!r}): time goes on by zero or more seconds, and never stops")
        until = self._after(seconds)
        await _let_others_run()
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, woken = heapq.heappop(self._sleepers)
            if woken.done():
                continue
            self._elapsed = max(self._elapsed, due)
            woken.set_result(None)
            await _let_others_run()
        self._elapsed = max(self._elapsed, until)  # another advance may have gone further

    def _after(self, seconds: float) -> float:
        return round(self._elapsed + seconds, 9)  # so that 0.1 and 0.7 make 0.8, as on paper


async def _let_others_run() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
