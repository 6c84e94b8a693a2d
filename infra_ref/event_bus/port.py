"""The port of the event bus, and what can be relied on.

    bus = MemoryBus()
    await bus.subscribe("user.renamed", Handler("user.renamed", greet, id="greeter"))
    await bus.publish(DomainEvent(type="user.renamed", subject="7"))

An event reaches each handler at least once; who must not do its work twice has an inbox.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from infra_ref.events import DomainEvent


class EventHandler(Protocol):
    """Reacts to events of one type. It may get an event again after it failed, or after a crash."""

    @property
    def id(self) -> str:
        """Its name among the handlers of its type, by which a queue knows it after a restart."""
        ...

    @property
    def event_type(self) -> str:
        """The type of the events that it is for."""
        ...

    def can_handle(self, event: DomainEvent) -> bool:
        """Return whether it wants this event; one that it does not want counts as handled."""
        ...

    async def handle(self, event: DomainEvent) -> None:
        """React. Whatever it raises is a failed attempt, and is tried again later."""
        ...


@dataclass(frozen=True, slots=True)
class Handler:
    """An `EventHandler` made of a coroutine function, or of a bound method such as `invalidator.handle`."""

    event_type: str
    handle: Callable[[DomainEvent], Awaitable[None]]
    id: str = field(kw_only=True)

    def can_handle(self, event: DomainEvent) -> bool:
        """Return whether the event is of its type."""
        return event.type == self.event_type


class EventBus(Protocol):
    """Brings events to those who subscribed to their type.

    One handler's failure stops no other, and it alone is tried again, with backoff. Meanwhile later events
    of the same subject wait behind: each handler sees them in the order in which one publisher sent them.
    """

    async def publish(self, event: DomainEvent) -> None:
        """Hand the event over; a handler's failure is not raised here.

        Raises Refused with QueueFull, and nothing was handed over; with
        QueueUnavailable, NotSerialisable or EventTooLarge where a queue is in between.
        """
        ...

    async def publish_batch(self, events: Sequence[DomainEvent]) -> None:
        """Hand them over in order, none of them if it raises; see `publish`."""
        ...

    async def subscribe(self, event_type: str, handler: EventHandler) -> None:
        """Let the handler have the events of that type from now on.

        Raises TypeError for what is no handler, ValueError for one of another
        type and for an `id` that this type has already.
        """
        ...

    async def unsubscribe(self, event_type: str, handler_id: str) -> None:
        """Give the handler nothing more; a handler may do so itself. Raises KeyError for an unknown one."""
        ...


def checked_handler(event_type: str, handler: EventHandler) -> EventHandler:
    """Return the handler if it can be subscribed to that type; raises as `EventBus.subscribe` does."""
    handle = getattr(handler, "handle", None)
    if not inspect.iscoroutinefunction(handle):
        raise TypeError(
            f"a handler's `handle` is a coroutine function: write `async def`, not {type(handle).__name__}"
        )
    if not handler.id:
        raise ValueError("a handler needs an `id`: its name among those of its type, such as 'mailer'")
    if handler.event_type != event_type:
        raise ValueError(
            f"{handler.id!r} handles {handler.event_type!r}, and was subscribed to {event_type!r}"
        )
    return handler


async def failure_of(handler: EventHandler, event: DomainEvent) -> Exception | None:
    """Let the handler have the event, if it wants it; return what it raised."""
    try:
        if handler.can_handle(event):
            await handler.handle(event)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - any is a failed attempt
        return failed_attempt(handler, error)
    return None


def failed_attempt(handler: EventHandler, error: Exception | asyncio.CancelledError) -> Exception:
    """Return what the handler raised; raises it if it is the cancellation of the task that runs it."""
    if isinstance(error, Exception):
        return error
    if (task := asyncio.current_task()) is None or task.cancelling():
        raise error
    return RuntimeError(f"handler {handler.id!r} was cancelled from within ({error})")
