"""`SingleFlight`: many callers ask for the same thing at once, and the work is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextvars import ContextVar, copy_context
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Shares one running call among all who ask for its key while it runs.

    The call runs in a task of its own, with the context variables of whoever
    asked first. A caller may be cancelled and the others still get the outcome;
    when all are, so is the call. An exception reaches everyone who waits. Nothing
    is kept: whoever asks after the end starts a new call.
    """

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[V]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._flights

    def __iter__(self) -> Iterator[K]:
        """Give the keys under way; what is called meanwhile may start and forget some."""
        return iter(tuple(self._flights))

    async def run(self, key: K, call: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """Return the outcome of the call for `key` that is under way, or of `call()`.

        Raises RuntimeError inside a call that asks for its own key: it would wait for itself.
        """
        flight = self._flights.get(key)
        if flight is None or flight.belongs_elsewhere():
            flight = self._flights[key] = _Flight(call(), lambda landed: self._land(key, landed))
        return await flight.join()

    def forget(self, key: K) -> None:
        """Let nobody join the call under way, for instance because its outcome is already out of date."""
        self._flights.pop(key, None)

    def _land(self, key: K, flight: _Flight[V]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


_within: ContextVar[tuple[_Flight[Any], ...]] = ContextVar("_within", default=())
"""The flights that the running code is part of."""


class _Flight(Generic[V]):
    """`land` is called once nobody may join any more: before those who wait wake up."""

    def __init__(self, call: Coroutine[Any, Any, V], land: Callable[[_Flight[V]], None]) -> None:
        self._land = land
        self._waiting = 0
        context = copy_context()
        context.run(_within.set, (*(one for one in _within.get() if not one._task.done()), self))
        self._task: asyncio.Task[V] = asyncio.create_task(call, context=context)
        self._task.add_done_callback(lambda _: land(self))

    def belongs_elsewhere(self) -> bool:
        """Return whether another event loop runs it, or did before it was closed."""
        return self._task.get_loop() is not asyncio.get_running_loop()

    async def join(self) -> V:
        if self in _within.get():
            raise RuntimeError("a call asked for the key that it is working on: it would wait for itself")
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if self._waiting == 0 and not self._task.done():
                self._land(self)
                self._task.cancel()
