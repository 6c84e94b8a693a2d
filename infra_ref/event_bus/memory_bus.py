"""An event bus within one process: handlers run in the publisher's task, retries in tasks of their own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from infra_ref.backoff import Backoff
from infra_ref.event_bus.errors import QueueFull
from infra_ref.event_bus.port import EventHandler, checked_handler, failed_attempt, failure_of
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An event that a handler failed on for the last time; `error` is what it raised."""

    event: DomainEvent
    handler_id: str
    attempts: int
    error: Exception


class MemoryBus:
    """An `EventBus` for one process. What it holds dies with the process.

    A handler is tried `attempts` times in all, with `backoff` in between; then
    `dead` gets the event. While `limit` events wait for their retry, `publish` is
    refused. `sleep` waits that many seconds.

        async with MemoryBus(dead=report) as bus: ...      # the end waits for the retries
    """

    def __init__(
        self,
        *,
        dead: Callable[[Undelivered], Awaitable[None]],
        attempts: int = 5,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        limit: int = 1000,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._dead, self._attempts, self._backoff, self._limit, self._sleep = (
            dead,
            attempts,
            backoff,
            limit,
            sleep,
        )
        self._handlers: dict[str, tuple[EventHandler, ...]] = {}
        self._lanes: dict[tuple[EventHandler, str], deque[DomainEvent]] = {}
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def publish(self, event: DomainEvent) -> None:
        if self._waiting or self._closed:
            self._check_room()
        await self._dispatch(event)

    async def publish_batch(self, events: Sequence[DomainEvent]) -> None:
        self._check_room()
        for event in events:
            await self._dispatch(event)

    async def subscribe(self, event_type: str, handler: EventHandler) -> None:
        checked_handler(event_type, handler)
        there = self._handlers.get(event_type, ())
        if any(one.id == handler.id for one in there):
            raise ValueError(f"{event_type!r} has a handler {handler.id!r} already: take another id")
        self._handlers[event_type] = (*there, handler)

    async def unsubscribe(self, event_type: str, handler_id: str) -> None:
        there = self._handlers.get(event_type, ())
        left = tuple(one for one in there if one.id != handler_id)
        if len(left) == len(there):
            raise KeyError(f"{event_type!r} has no handler {handler_id!r}")
        self._handlers[event_type] = left

    async def close(self) -> None:
        """Take no more, and wait until each event that waits for its retry was handled or given up."""
        self._closed = True
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _check_room(self) -> None:
        if (
            self._closed and asyncio.current_task() not in self._tasks
        ):  # what a retry publishes is let through
            raise RuntimeError("this bus is closed; publish before its block ends")
        if self._waiting >= self._limit:
            raise Refused(QueueFull(self._limit))

    async def _dispatch(self, event: DomainEvent) -> None:
        for handler in self._handlers.get(event.type, ()):
            if self._lanes and (lane := self._lanes.get((handler, event.subject))) is not None:
                lane.append(event)
                self._waiting += 1
                continue
            try:  # as `failure_of` does, without a coroutine of its own
                if handler.can_handle(event):
                    await handler.handle(event)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - any is a failed attempt
                self._begin_retrying(handler, event, failed_attempt(handler, error))

    def _begin_retrying(self, handler: EventHandler, event: DomainEvent, error: Exception) -> None:
        lane = self._lanes.setdefault((handler, event.subject), deque())
        lane.append(event)
        self._waiting += 1
        if len(lane) == 1:  # else another publisher's event failed meanwhile, and this one waits behind it
            task = asyncio.create_task(self._retry(handler, lane, event.subject, error))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _retry(
        self, handler: EventHandler, lane: deque[DomainEvent], subject: str, error: Exception | None
    ) -> None:
        attempt = 1
        while lane:
            event = lane[0]
            while error is not None and attempt < self._attempts:
                await self._sleep(self._backoff.wait(attempt))
                attempt += 1
                error = await self._failure_if_subscribed(handler, event)
            if error is not None:
                await self._dead(Undelivered(event, handler.id, attempt, error))
            lane.popleft()
            self._waiting -= 1
            attempt, error = 1, await self._failure_if_subscribed(handler, lane[0]) if lane else None
        del self._lanes[handler, subject]

    async def _failure_if_subscribed(self, handler: EventHandler, event: DomainEvent) -> Exception | None:
        is_subscribed = handler in self._handlers.get(event.type, ())
        return await failure_of(handler, event) if is_subscribed else None
