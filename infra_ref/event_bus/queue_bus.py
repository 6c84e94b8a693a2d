"""An event bus over any message queue: each handler is a group of its own, so it is retried alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from infra_ref.clock import Clock, SystemClock
from infra_ref.event_bus.dead_letter_port import PUBLISH, DeadLetter, DeadLetterQueue
from infra_ref.event_bus.delivery.event_codec import LARGEST, Upcast, encode
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.delivery.settlement import Settlement
from infra_ref.event_bus.delivery.worker import Worker
from infra_ref.event_bus.errors import QueueFull
from infra_ref.event_bus.port import EventHandler, checked_handler
from infra_ref.event_bus.queue_port import Message, MessageQueue
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused


class QueueBus:
    """An `EventBus` whose events outlive the process, as far as `queue` does.

    What cannot be sent, and what a handler fails on for the last time, goes to
    `dead_letters`. A consumer handles up to `batch` events at once, and after a
    crash up to `batch` come again. If not `in_order`, events pass an earlier one
    of their subject that waits for its retry.

        async with QueueBus(queue, dead_letters) as bus: ...   # the end lets running handlers finish
    """

    def __init__(
        self,
        queue: MessageQueue,
        dead_letters: DeadLetterQueue,
        *,
        retrying: Retrying = Retrying(),  # noqa: B008 - frozen
        upcasts: Mapping[str, Upcast] | None = None,
        in_order: bool = True,
        batch: int = 100,
        largest: int = LARGEST,
        clock: Clock | None = None,
    ) -> None:
        self._queue, self._dead_letters, self._retrying = queue, dead_letters, retrying
        self._upcasts, self._in_order = upcasts or {}, in_order
        self._batch, self._largest = batch, largest
        self._clock: Clock = clock or SystemClock()
        self._workers: dict[str, Worker] = {}
        self._halted: set[Worker] = set()
        self._closed = False

    async def publish(self, event: DomainEvent) -> None:
        await self.publish_batch([event])

    async def publish_batch(self, events: Sequence[DomainEvent]) -> None:
        if self._closed:
            raise RuntimeError("this bus is closed; publish before its block ends")
        messages = [
            Message(id=event.id, key=event.subject, body=encode(event, largest=self._largest))
            for event in events
        ]
        try:
            await self._queue.send(messages)
        except Refused as refused:
            if not isinstance(refused.failure, QueueFull):  # that one pushes back: the caller still has them
                await self._give_up(messages, refused)
            raise

    async def subscribe(self, event_type: str, handler: EventHandler) -> None:
        checked_handler(event_type, handler)
        group = group_of(event_type, handler.id)
        if group in self._workers:
            raise ValueError(f"{event_type!r} has a handler {handler.id!r} already: take another id")
        consumer = await self._queue.join(group, in_order=self._in_order)
        settlement = partial(Settlement, group, consumer, self._dead_letters, self._retrying, self._clock)
        self._workers[group] = Worker(
            handler,
            consumer,
            settlement,
            upcasts=self._upcasts,
            in_order=self._in_order,
            batch=self._batch,
        )

    async def unsubscribe(self, event_type: str, handler_id: str) -> None:
        group = group_of(event_type, handler_id)
        if group not in self._workers:
            raise KeyError(f"{event_type!r} has no handler {handler_id!r}")
        worker = self._workers.pop(group)
        worker.halt()
        self._halted.add(worker)

    async def close(self, *, within: float = 10.0) -> None:
        """Begin nothing more, give running handlers that many seconds, and leave the rest to the next."""
        self._closed = True
        await asyncio.gather(*(worker.stop(within) for worker in {*self._workers.values(), *self._halted}))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _give_up(self, messages: Sequence[Message], refused: Refused) -> None:
        for message in messages:
            letter = DeadLetter(
                message=message, reason=str(refused), attempts=1, origin=PUBLISH, time=self._clock.now()
            )
            try:
                await self._dead_letters.put(letter)
            except Refused as also:
                refused.add_note(f"event {message.id} is in no dead letter queue either: {also}")


def group_of(event_type: str, handler_id: str) -> str:
    """Return the name of the group, with letters, digits, `_` and `-` only.

    >>> group_of("user.renamed", "mailer")
    'mailer-user_2erenamed'
    """
    return f"{handler_id}-{re.sub('[^A-Za-z0-9]', lambda found: f'_{ord(found[0]):x}', event_type)}"
