"""Run what a learner wrote for a limited time: it may loop for ever, raise anything, ignore everything.

An attempt runs on an event loop of its own, in the main thread, while the cell
waits for it. A timer (`SIGALRM`) and the Stop button (`SIGINT`) raise in the
middle of whatever runs, an endless loop that never awaits included. Where there
is no timer (a browser, Windows, a thread) it runs on the loop that is there, and
only what awaits can be ended; on a page Stop ends the worker.
"""

from __future__ import annotations

import asyncio
import asyncio.tasks
import linecache
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

AGAIN = 0.05
"""Seconds until the next raise, for code that swallowed the one before."""

GRACE = 0.2
"""Seconds that tasks left over get to end once they are cancelled."""


class TimeIsUp(Exception):
    """The work did not end in time. The message says at which line of the learner's it was."""


class Stopped(BaseException):
    """Stop was pressed."""


class EndNow(KeyboardInterrupt):
    """Ends what runs. asyncio lets a KeyboardInterrupt out of its loop at once."""


def can_interrupt() -> bool:
    """Whether code that never awaits can be ended here."""
    if sys.platform == "emscripten" or not hasattr(signal, "setitimer"):
        return False
    return threading.current_thread() is threading.main_thread()


class Bounded:
    """Runs one piece of work after another, all of them within the same `seconds`.

    `is_theirs` tells the learner's files by name.
    """

    def __init__(self, seconds: float, is_theirs: Callable[[str], bool]) -> None:
        self._end = time.monotonic() + seconds
        self._seconds = seconds
        self._is_theirs = is_theirs

    @property
    def left(self) -> float:
        """Seconds that are left, at least a hundredth."""
        return max(0.01, self._end - time.monotonic())

    def run(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run to the end. Raises what it raises, TimeIsUp, or Stopped."""
        with _apart() as loop:
            watch = _Watch(loop, self._is_theirs)
            try:
                with watch.of(self.left):
                    return loop.run_until_complete(make())
            finally:
                if watch.why is signal.SIGINT:
                    raise Stopped
                if watch.why is not None:
                    where = f" {watch.where}" if watch.where else ""
                    raise TimeIsUp(f"no answer within {self._seconds:g} s{where}")


class _Watch:
    """Ends what runs when its time is up or Stop is pressed, and keeps why and where."""

    def __init__(self, loop: asyncio.AbstractEventLoop, is_theirs: Callable[[str], bool]) -> None:
        self._loop, self._is_theirs = loop, is_theirs
        self._on, self._times = False, 0
        self.why: signal.Signals | None = None
        self.where = ""

    @contextmanager
    def of(self, seconds: float) -> Generator[None]:
        """Watch a block. The timer and the handlers that were there before are put back after it."""
        handlers = {one: signal.signal(one, self._end) for one in (signal.SIGALRM, signal.SIGINT)}
        other, began = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN), time.monotonic()
        self._on = True
        try:
            yield
        finally:
            self._on = False
            if self._times > 1:
                sys.settrace(None)
            left = max(0.001, other[0] - (time.monotonic() - began)) if other[0] else 0.0
            signal.setitimer(signal.ITIMER_REAL, left, other[1])
            for one, handler in handlers.items():
                signal.signal(one, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if not self._on:
            return
        if self.why is None:
            self.why = signal.Signals(number)
            self.where = line_of(_frames(frame, self._loop), self._is_theirs)
            if self.why is signal.SIGINT:
                signal.setitimer(signal.ITIMER_REAL, AGAIN, AGAIN)
        self._times += 1
        if self._times > 1:
            self._raise_at_a_later_line(frame, self._times % 7)
        raise EndNow

    def _raise_at_a_later_line(self, frame: FrameType | None, skipped: int) -> None:
        """Against `except BaseException`: raise that many lines later, where no handler may be around."""

        def trace(_frame: FrameType, _event: str, _argument: Any) -> Any:
            nonlocal skipped
            skipped -= 1
            if skipped < 0 and self._on:
                raise EndNow
            return trace

        sys.settrace(trace)
        while frame is not None and self._is_theirs(frame.f_code.co_filename):
            frame.f_trace = trace
            frame = frame.f_back


@contextmanager
def _apart() -> Generator[asyncio.AbstractEventLoop]:
    """Give an event loop of its own, within a task of another one, and clean it up."""
    running, loop = asyncio._get_running_loop(), asyncio.new_event_loop()
    hooks = sys.get_asyncgen_hooks()
    loop.set_exception_handler(lambda _loop, _context: None)  # a verdict tells; nothing above it
    swap: Any = getattr(asyncio.tasks, "_swap_current_task", None)  # from Python 3.12 on
    task = swap(running, None) if swap and running else None
    asyncio._set_running_loop(None)
    try:
        yield loop
    finally:
        with suppress(BaseException), _Watch(loop, bool).of(2 * GRACE):
            _end_tasks(loop)
        with suppress(RuntimeError):
            loop.close()
        sys.set_asyncgen_hooks(*hooks)  # the timer may end the loop before it puts them back
        asyncio._set_running_loop(running)
        if task is not None:
            swap(running, task)


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks(loop)
    for one in left:
        one.cancel()
    for ending in (asyncio.wait(left, timeout=GRACE) if left else None, loop.shutdown_asyncgens()):
        if ending is not None:
            try:
                loop.run_until_complete(ending)
            finally:
                ending.close()


def _say_nothing(_: object) -> None:
    pass


@contextmanager
def hushed(unawaited: list[str]) -> Generator[None]:
    """Keep warnings, and what Python says of errors that nobody can catch, from standing above a verdict."""
    unraisable, sys.unraisablehook = sys.unraisablehook, _say_nothing
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                yield
            finally:
                while said:  # a record keeps its coroutine, and that one the coroutines it was given
                    text = str(said.pop(0).message)
                    if "was never awaited" in text and text.count("'") > 1:
                        unawaited.append(text.split("'")[1].rpartition(".")[2])
    finally:
        sys.unraisablehook = unraisable


def _frames(frame: FrameType | None, loop: asyncio.AbstractEventLoop) -> Iterator[FrameType]:
    """Give the frames that run, the innermost first, then those in which a task waits."""
    while frame is not None:
        yield frame
        frame = frame.f_back
    for task in asyncio.all_tasks(loop):
        at: Any = task.get_coro()
        waiting = []
        while (here := getattr(at, "cr_frame", None)) is not None:
            waiting.append(here)
            at = at.cr_await
        yield from reversed(waiting)


def line_of(frames: Iterable[FrameType], is_theirs: Callable[[str], bool]) -> str:
    """Say the innermost line of the learner's: "in `get`, at `return self.kept[key]`"; nothing if none is."""
    for frame in frames:
        code = frame.f_code
        if is_theirs(code.co_filename):
            line = linecache.getline(code.co_filename, frame.f_lineno).strip()
            return f"in `{code.co_name}`" + (f", at `{line}`" if line else "")
    return ""
