"""Calls of httpx that may be cancelled at any time and still give their place in the pool back.

httpcore 1.0 keeps the place of a call for ever that is cancelled while it waits
in the pool's queue, or between two of its operations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


class HttpcoreCall:
    """One call. It is to be httpx's extension `trace`, which announces each operation.

    It ends before its first operation or within one, and by anyio's cancellation,
    from which alone httpcore shields its cleaning up.
    """

    def __init__(self) -> None:
        self._scope, self._abandoned, self._may_end = anyio.CancelScope(), False, True

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, or end as cancelled."""
        with self._scope:
            return await work
        raise asyncio.CancelledError

    async def __call__(self, event: str, info: Any) -> None:
        """Take note of where the call is."""
        self.may_end(event.endswith(".started") and "response_closed" not in event)

    def may_end(self, now: bool) -> None:
        """Set whether the call may be cancelled now; one that was abandoned then is."""
        self._may_end = now
        if now and self._abandoned:
            self._scope.cancel()

    def abandon(self) -> None:
        """End the call as soon as it may."""
        self._abandoned = True
        self.may_end(self._may_end)


class HttpcoreCalls:
    """Runs calls, at most `places` at once: more wait here, not in httpcore's queue."""

    def __init__(self, places: int) -> None:
        self._most = places
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks = set[asyncio.Task[Any]]()

    async def run(self, call: HttpcoreCall, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what `work` returns. When the caller is cancelled, the call ends in the background."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # the calls of a loop that has ended are over
            self._loop, self._places = loop, asyncio.Semaphore(self._most)
        await self._places.acquire()
        task = asyncio.create_task(call.run(work()))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            call.abandon()
            raise

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self._places.release()
        if not task.cancelled():
            task.exception()  # of an abandoned call there is no other reader
