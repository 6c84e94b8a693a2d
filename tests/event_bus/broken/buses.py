"""For every rule of `EventBusContract`, a bus that breaks just that one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from infra_ref.event_bus.memory_bus import MemoryBus
from infra_ref.event_bus.port import EventHandler, failure_of
from infra_ref.event_bus.queue_bus import QueueBus
from infra_ref.events import DomainEvent
from tests.event_bus.broken.noting import noting

BROKEN: dict[str, Any] = {}
breaks = noting(BROKEN)
OVER_QUEUE: dict[str, Any] = {}


@breaks("BUS-01")
class LosesTheCause(MemoryBus):
    async def _dispatch(self, event: DomainEvent) -> None:
        await super()._dispatch(replace(event, causation_id=None))


@breaks("BUS-02")
class StopsAtTheFirst(MemoryBus):
    async def _dispatch(self, event: DomainEvent) -> None:
        all_of_them = self._handlers.get(event.type, ())
        for handler in all_of_them:
            waiting = self._waiting
            self._handlers[event.type] = (handler,)
            try:
                await super()._dispatch(event)
            finally:
                unsubscribed = handler not in self._handlers[event.type]
                all_of_them = tuple(one for one in all_of_them if one is not handler or not unsubscribed)
                self._handlers[event.type] = all_of_them
            if self._waiting > waiting:
                return


@breaks("BUS-03")
class RetriesAll(MemoryBus):
    async def _failure_if_subscribed(self, handler: EventHandler, event: DomainEvent) -> Exception | None:
        for other in self._handlers.get(event.type, ()):
            if other is not handler:
                await failure_of(other, event)
        return await super()._failure_if_subscribed(handler, event)


@breaks("BUS-04")
class DropsTheDead(MemoryBus):
    def __init__(self, **more: Any) -> None:
        async def drop(_: Any) -> None: ...

        super().__init__(**{**more, "dead": drop})


@breaks("BUS-05")
class PassesInLine(MemoryBus):
    async def _dispatch(self, event: DomainEvent) -> None:
        if self._lanes and event.data.get("n", 0) > 0 and event.data["n"] < 3:
            for handler in self._handlers[event.type]:
                await failure_of(handler, event)
        else:
            await super()._dispatch(event)


@breaks("BUS-06")
class OneLane(MemoryBus):
    async def _dispatch(self, event: DomainEvent) -> None:
        for handler in self._handlers.get(event.type, ()):
            lane = next((lane for (one, _), lane in self._lanes.items() if one is handler), None)
            if lane is not None:
                lane.append(event)
                self._waiting += 1
            elif (error := await failure_of(handler, event)) is not None:
                self._begin_retrying(handler, event, error)


@breaks("BUS-07")
class TheRestDiesToo(MemoryBus):
    async def _retry(
        self, handler: EventHandler, lane: deque[DomainEvent], subject: str, error: Exception | None
    ) -> None:
        first = lane[0]
        await asyncio.sleep(0)
        if getattr(handler, "fails", lambda event: 0)(first) > 90 and len(lane) > 1:
            while len(lane) > 1:
                lane.pop()
                self._waiting -= 1
        await super()._retry(handler, lane, subject, error)


@breaks("BUS-08")
class LargeBatchesBackwards(MemoryBus):
    async def publish_batch(self, events: Sequence[DomainEvent]) -> None:
        await super().publish_batch(events if len(events) < 10 else events[::-1])


@breaks("BUS-09")
class HandlesTheUnwanted(MemoryBus):
    async def subscribe(self, event_type: str, handler: EventHandler) -> None:
        if hasattr(handler, "__dict__"):
            handler.can_handle = lambda event: True  # type: ignore[method-assign]
        await super().subscribe(event_type, handler)


@breaks("BUS-10")
class NobodyIsAnError(MemoryBus):
    async def _dispatch(self, event: DomainEvent) -> None:
        if event.type not in self._handlers:
            raise LookupError(f"nobody subscribed to {event.type!r}")
        await super()._dispatch(event)


@breaks("BUS-11")
class GoesOnAfterwards(MemoryBus):
    async def unsubscribe(self, event_type: str, handler_id: str) -> None:
        there = self._handlers[event_type]
        await super().unsubscribe(event_type, handler_id)
        self._handlers[event_type] = there


@breaks("BUS-12")
class OneAtATime(MemoryBus):
    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.lock = asyncio.Lock()

    async def publish(self, event: DomainEvent) -> None:
        async with self.lock:
            await super().publish(event)

    async def publish_batch(self, events: Sequence[DomainEvent]) -> None:
        async with self.lock:
            await super().publish_batch(events)


@breaks("BUS-13")
class TakesAnyId(MemoryBus):
    async def subscribe(self, event_type: str, handler: EventHandler) -> None:
        try:
            await super().subscribe(event_type, handler)
        except ValueError as error:
            if "another id" not in str(error):
                raise


@breaks("BUS-14")
class TakesItForItsOwn(MemoryBus):
    async def _dispatch(self, event: DomainEvent) -> None:
        failed = len(self._tasks)
        await super()._dispatch(event)
        if len(self._tasks) > failed and "cancelled from within" in _why(self):
            raise asyncio.CancelledError


def _why(bus: MemoryBus) -> str:
    return "".join(
        str(task.get_coro().cr_frame.f_locals.get("error")) for task in bus._tasks if not task.done()
    )  # type: ignore[union-attr]


@breaks("BUS-15")
class DropsWhileBusy(MemoryBus):
    busy: Any = None

    async def _dispatch(self, event: DomainEvent) -> None:
        task = asyncio.current_task()
        if self.busy not in (None, task):
            return
        self.busy, before = task, self.busy
        try:
            await super()._dispatch(event)
        finally:
            self.busy = before


class WaitsForEver(QueueBus):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{**more, "retrying": replace(more["retrying"], timeout=1e6)})

    async def close(self, *, within: float = 0.0) -> None:
        await super().close(within=within)


OVER_QUEUE["BUS-16"] = WaitsForEver


class WritesAnything(QueueBus):
    async def publish_batch(self, events: Sequence[DomainEvent]) -> None:
        await super().publish_batch(
            [
                event if isinstance(event.data.get("n"), int | str | list) else replace(event, data={"n": 0})
                for event in events
            ]
        )


OVER_QUEUE["BUS-17"] = WritesAnything
