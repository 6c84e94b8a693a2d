"""What a task waits for: another task, the world outside, or nobody can say.

A task that waits holds the future it waits for. That future does not tell who
will complete it, but the innermost frame of the task tells who asked: a lock, a
queue or a task group of asyncio is completed by another task; a stream, a
thread or a timer of asyncio by the world.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from types import FrameType
from typing import Any


class Waits(Enum):
    """Where the end of a wait will come from."""

    FOR_EACH_OTHER = auto()
    FOR_THE_WORLD = auto()
    NOBODY_KNOWS = auto()


_BETWEEN_TASKS = {
    "asyncio.locks",
    "asyncio.queues",
    "asyncio.taskgroups",
    "asyncio.tasks",
    "asyncio.timeouts",
}


def waits(task: asyncio.Task[Any], waiter: asyncio.Future[Any]) -> Waits:
    """Return where the end of this task's wait will come from."""
    if isinstance(waiter, asyncio.Task) or type(waiter).__name__ == "_GatheringFuture":
        return Waits.FOR_EACH_OTHER
    if any("_chain_future" in name for name in _callbacks(waiter)):  # the two ends of a thread's future
        return Waits.FOR_THE_WORLD
    if any(name.startswith("shield.") for name in _callbacks(waiter)):
        return Waits.FOR_EACH_OTHER
    frame = _innermost(task)
    if frame is None:
        return Waits.NOBODY_KNOWS
    module, function = str(frame.f_globals.get("__name__")), frame.f_code.co_name
    if module in _BETWEEN_TASKS:
        return Waits.FOR_THE_WORLD if function == "sleep" else Waits.FOR_EACH_OTHER
    return Waits.FOR_THE_WORLD if module.startswith("asyncio.") else Waits.NOBODY_KNOWS


def describe(pair: tuple[asyncio.Task[Any], asyncio.Future[Any]]) -> str:
    """Say who waits where: `deliver waits in Queue.get at queues.py:158`."""
    task, _ = pair
    name = getattr(task.get_coro(), "__qualname__", "a task")
    frame = _innermost(task)
    if frame is None:
        return f"{name} waits"
    code = frame.f_code
    file = code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{name} waits in {code.co_qualname} at {file}:{frame.f_lineno}"


def _callbacks(future: asyncio.Future[Any]) -> list[str]:
    found = getattr(future, "_callbacks", None) or ()
    return [getattr(callback, "__qualname__", "") for callback, _ in found]


def _innermost(task: asyncio.Task[Any]) -> FrameType | None:
    """Return the frame that awaits, through all coroutines that await it."""
    at: Any = task.get_coro()
    frame: FrameType | None = None
    while at is not None:
        for kind in ("cr", "gi", "ag"):
            if (here := getattr(at, f"{kind}_frame", None)) is not None:
                frame = here
                at = getattr(at, "gi_yieldfrom" if kind == "gi" else f"{kind}_await", None)
                break
        else:
            return frame
    return frame
