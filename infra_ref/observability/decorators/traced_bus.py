"""A decorator by which a handler's span leads back to the publisher's, however much later it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from infra_ref.event_bus.port import EventBus, EventHandler, checked_handler
from infra_ref.events import DomainEvent
from infra_ref.observability.tracing_port import Tracer


class TracedBus(EventBus):
    """Opens a span for each publishing and each handling; the second has a link to the first.

    The context travels in the event's `traceparent`. One that is there already stays: with an outbox,
    the event gets it where it is recorded, by `stamped`, and is published later by a relay.
    """

    def __init__(self, inner: EventBus, tracer: Tracer) -> None:
        self._inner, self._tracer = inner, tracer

    async def publish(self, event: DomainEvent) -> None:
        with self._tracer.span(f"publish {event.type}") as span:
            await self._inner.publish(stamped(event, span.traceparent))

    async def publish_batch(self, events: Sequence[DomainEvent]) -> None:
        with self._tracer.span("publish a batch") as span:
            await self._inner.publish_batch([stamped(event, span.traceparent) for event in events])

    async def subscribe(self, event_type: str, handler: EventHandler) -> None:
        checked = checked_handler(event_type, handler)
        await self._inner.subscribe(event_type, TracedHandler(checked, self._tracer))

    async def unsubscribe(self, event_type: str, handler_id: str) -> None:
        await self._inner.unsubscribe(event_type, handler_id)


def stamped(event: DomainEvent, traceparent: str | None) -> DomainEvent:
    """Return the event with the traceparent, unless it has one already."""
    return event if event.traceparent else replace(event, traceparent=traceparent)


class TracedHandler:
    """An `EventHandler` around an `EventHandler`: each handling is a span, linked to the publisher's."""

    def __init__(self, inner: EventHandler, tracer: Tracer) -> None:
        self._inner, self._tracer = inner, tracer
        self.id, self.event_type, self.can_handle = inner.id, inner.event_type, inner.can_handle

    async def handle(self, event: DomainEvent) -> None:
        links = [event.traceparent] if event.traceparent else []
        with self._tracer.span(f"{self.id} {event.type}", links=links):
            await self._inner.handle(event)
