"""`VirtualClock`: an hour of waiting passes in milliseconds, and always the same.

    clock = VirtualClock()
    await clock.run(deliver_with_retries(clock))
    clock.monotonic()                   # 3600.0, and no second went by

Time moves on by itself: as soon as all that runs under the clock waits, it
jumps to the next moment that somebody waits for. This happens on whatever
event loop is running, a kernel's, pytest's or a browser's, and changes nothing
about it. `waiting` says how it is known that all wait.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
import weakref
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from infra_ref.clock import EPOCH
from infra_ref.workbench.teaching.waiting import Waits, describe, waits

T = TypeVar("T")

TURNS = 20
"""Turns of the loop in which nothing may change before all are believed to wait: callbacks call callbacks."""

POLL = 0.001
"""Real seconds between two looks, while an answer from outside is awaited."""

STUCK = 1.0
"""Real seconds after which a run that can never go on is ended."""

_UNDER: ContextVar[tuple[VirtualClock, ...]] = ContextVar("under", default=())


class Stuck(RuntimeError):
    """All tasks of a run wait for each other, and no time that passes will wake one; says who waits where."""


class Timer:
    """Something to do at a moment, unless it was called off."""

    __slots__ = ("fire", "off")

    def __init__(self, fire: Callable[[], None]) -> None:
        self.fire, self.off = fire, False


class VirtualClock:
    """A `Clock` whose time is that of its sleepers alone.

    Best used by `run`, which knows all tasks that were started within. Outside of
    it a task belongs to the clock from its first `sleep` or `timeout` on.

    Work that takes no virtual time (computing, other coroutines, a fake server)
    is waited for, however long it takes. So is an answer from outside: a stream, a
    thread, a real `asyncio.sleep`. Of a plain future that some code awaits nobody
    can say where its result will come from: it gets `patience` real seconds each
    time before time goes on.
    """

    def __init__(self, start: datetime = EPOCH, *, patience: float = 0.01) -> None:
        self._start, self._patience = start, patience
        self._elapsed = 0.0
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._sleeping: set[asyncio.Future[None]] = set()
        self._joined: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self._driver: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        """Return the start plus the time that has passed."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait that long; zero or less gives others a turn, infinity waits until cancelled."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: None if woken.done() else woken.set_result(None))
        self._sleeping.add(woken)
        try:
            await woken
        finally:
            self._sleeping.discard(woken)
            timer.off = True

    def timeout(self, seconds: float | None) -> VirtualTimeout:
        """Return what `asyncio.timeout` returns, on this clock: TimeoutError once the body took longer.

        None is no limit. A cancellation from outside stays a cancellation.
        """
        return VirtualTimeout(self, seconds)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end, with time moving on whenever all that was started within waits.

        Tasks that are left over stand still until the next run or sleep. Raises what
        `work` raises, and Stuck where it could never end.
        """
        clocks = _UNDER.get()
        if self in clocks:
            return await work
        context = copy_context()
        context.run(_UNDER.set, (*clocks, self))
        task = asyncio.get_running_loop().create_task(work, context=context)
        try:
            before: Any = None
            while not (await asyncio.wait({task}, timeout=STUCK))[0]:
                standing = self._standing()
                if standing is not None and standing == before and self._hopeless(standing):
                    raise Stuck("nobody can go on: " + "; ".join(sorted(map(describe, standing))))
                before = standing
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        return task.result()

    def call_later(self, seconds: float, fire: Callable[[], None]) -> Timer:
        """Call `fire` after that many seconds, from the event loop. Raises ValueError for NaN."""
        if math.isnan(seconds):
            raise ValueError("seconds are a number, not NaN")
        timer = Timer(fire)
        if seconds != math.inf:
            heapq.heappush(self._timers, (self._elapsed + seconds, next(self._order), timer))
        task = asyncio.current_task()
        if task is not None and self not in _UNDER.get():
            self._joined.add(task)
        if self._driver is None or self._driver.done():
            self._driver = asyncio.get_running_loop().create_task(self._drive(), context=Context())
        return timer

    async def _drive(self) -> None:
        while self._next() is not None:
            if await self._all_wait():
                self._move_on()

    def _next(self) -> float | None:
        while self._timers and self._timers[0][2].off:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def _move_on(self) -> None:
        """Jump to the next moment, and fire all of it, those first that were there first."""
        moment = self._next()
        if moment is None:
            return
        self._elapsed = max(self._elapsed, moment)
        while self._timers and self._timers[0][0] <= moment:
            _, _, timer = heapq.heappop(self._timers)
            if not timer.off:
                timer.fire()

    async def _all_wait(self) -> bool:
        before = self._standing()
        if before is None:
            await asyncio.sleep(0)
            return False
        kinds = {waits(task, waiter) for task, waiter in before if waiter not in self._sleeping}
        if Waits.FOR_THE_WORLD in kinds:
            await asyncio.sleep(POLL)
            return False
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if Waits.NOBODY_KNOWS in kinds:
            until = time.monotonic() + self._patience
            while time.monotonic() < until and self._standing() == before:  # noqa: ASYNC110 - nobody would set an event
                await asyncio.sleep(POLL)
        return self._standing() == before

    def _standing(self) -> list[tuple[asyncio.Task[Any], asyncio.Future[Any]]] | None:
        """Return each task that belongs here with what it waits for, or None if one of them can run."""
        found = []
        for task in asyncio.all_tasks() - {asyncio.current_task()}:  # who asks is not at work for anybody
            waiter: asyncio.Future[Any] | None = getattr(task, "_fut_waiter", None)
            belongs = self._belongs(task, waiter)
            if belongs is False:
                continue
            if waiter is None or waiter.done():
                return None
            found.append((task, waiter))
        return sorted(found, key=lambda pair: id(pair[0]))

    def _belongs(self, task: asyncio.Task[Any], waiter: asyncio.Future[Any] | None) -> bool | None:
        """Whether a task was started under this clock; None where Python cannot say yet."""
        if task in self._joined:
            return True
        context = _context_of(task, waiter)
        return None if context is None else self in context.get(_UNDER, ())

    def _hopeless(self, standing: list[tuple[asyncio.Task[Any], asyncio.Future[Any]]]) -> bool:
        return self._next() is None and all(waits(*pair) is Waits.FOR_EACH_OTHER for pair in standing)


class VirtualTimeout:
    """A limit on the time that a body may take; `VirtualClock.timeout` makes it."""

    def __init__(self, clock: VirtualClock, seconds: float | None) -> None:
        self._clock, self._seconds = clock, seconds
        self._timer = Timer(self._expire)
        self._task: asyncio.Task[Any] | None = None
        self._cancelling = 0
        self._expired = False

    def expired(self) -> bool:
        """Whether the time was up before the body was done."""
        return self._expired

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None or self._task is not None:
            raise RuntimeError("a timeout is entered once, inside of a task")
        self._task, self._cancelling = task, task.cancelling()
        if self._seconds is None:
            pass
        elif self._seconds <= 0:
            asyncio.get_running_loop().call_soon(self._soon)
        else:
            self._timer = self._clock.call_later(self._seconds, self._expire)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.off = True
        if self._expired and self._task is not None:
            # More cancellations than when we entered: another one is under way, and it goes first.
            ours_alone = self._task.uncancel() <= self._cancelling
            if ours_alone and isinstance(error, asyncio.CancelledError):
                raise TimeoutError from error

    def _soon(self) -> None:
        if not self._timer.off:
            self._expire()

    def _expire(self) -> None:
        if self._task is not None:
            self._expired = True
            self._task.cancel()


def _context_of(task: asyncio.Task[Any], waiter: asyncio.Future[Any] | None) -> Context | None:
    """Return the context of a task. Python 3.11 tells it only of one that waits, with its wake-up."""
    get_context: Callable[[], Context] | None = getattr(task, "get_context", None)
    if get_context is not None:
        return get_context()
    for wake, context in getattr(waiter, "_callbacks", None) or ():
        if getattr(wake, "__self__", None) is task:
            known: Context = context
            return known
    return None
