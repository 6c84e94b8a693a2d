"""Runs a handler on what its group receives, tries it again, and in the end gives up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from infra_ref.clock import Clock, timeout
from infra_ref.event_bus.delivery.event_codec import Upcast, decode
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.delivery.settlement import Settlement
from infra_ref.event_bus.errors import LeaseLost
from infra_ref.event_bus.port import EventHandler, failure_of
from infra_ref.event_bus.queue_port import Consumer, Delivery
from infra_ref.failures import Refused

POLL = 1.0
"""Seconds that one call of `receive` waits at most."""


class Worker:
    """Runs one handler on what one consumer receives: keys side by side, each key's messages in turn.

    `settlement` makes an empty one. A trouble of the queue's is waited out; it uses up no attempt.
    """

    def __init__(
        self,
        handler: EventHandler,
        consumer: Consumer,
        settlement: Callable[[], Settlement],
        *,
        upcasts: Mapping[str, Upcast],
        in_order: bool,
        batch: int,
    ) -> None:
        self._handler, self._consumer, self._settlement = handler, consumer, settlement
        self._upcasts, self._in_order, self._batch = upcasts, in_order, batch
        empty = settlement()
        self._clock: Clock = empty.clock
        self._retrying: Retrying = empty.retrying
        self._stopping = False
        self._receiving: asyncio.Timeout | None = None
        self._task = asyncio.create_task(self._run())

    def halt(self) -> None:
        """Begin nothing more, and end once what runs has ended."""
        self._stopping = True
        if self._receiving is not None:
            self._receiving.reschedule(0)

    async def stop(self, within: float) -> None:
        """Halt; what runs may end within that time; what is not settled goes to the next consumer."""
        self.halt()
        await asyncio.wait({self._task}, timeout=within)
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        try:
            while not self._stopping:
                await self._patiently(self._round)
        finally:
            with suppress(Refused):  # then the lease lapses by itself
                await self._consumer.close()

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it until the queue lets it be done; a lost lease ends it, and so does a halt."""
        outages = 0
        while True:
            try:
                await work()
                return
            except Refused as refused:
                if isinstance(refused.failure, LeaseLost) or self._stopping:
                    return
            outages += 1
            await self._clock.sleep(self._retrying.backoff.wait(outages))

    async def _round(self) -> None:
        try:
            async with asyncio.timeout(None) as self._receiving:
                deliveries = await self._consumer.receive(self._batch, wait=POLL)
        except TimeoutError:  # halted
            return
        finally:
            self._receiving = None
        settlement = self._settlement()
        beating = asyncio.create_task(self._beat())
        try:
            async with asyncio.TaskGroup() as lanes:
                for lane in self._by_key(deliveries):
                    lanes.create_task(self._handle(lane, settlement))
        finally:
            beating.cancel()
        await self._patiently(settlement.settle)

    def _by_key(self, deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
        lanes: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            lanes.setdefault(delivery.message.key if self._in_order else delivery.token, []).append(delivery)
        return list(lanes.values())

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(self._consumer.lease / 3)
            with suppress(Refused):  # `holds` tells before the next begins, and what settles tells in the end
                await self._consumer.extend()

    async def _handle(self, lane: list[Delivery], settlement: Settlement) -> None:
        for n, delivery in enumerate(lane):
            if self._stopping or not self._consumer.holds(delivery):
                settlement.back += lane[n:]
                return
            error = await self._failure(delivery, settlement.group)
            if error is not None:
                settlement.failed.append((delivery, error))
                settlement.back += lane[n + 1 :]
                return
            settlement.done.append(delivery)

    async def _failure(self, delivery: Delivery, group: str) -> Exception | None:
        if delivery.message.to not in (None, group):
            return None
        try:
            event = decode(delivery.message.body, self._upcasts)
        except Exception as error:  # noqa: BLE001 - an upcast is somebody's code too
            return error
        if event.type != self._handler.event_type:
            return None
        try:
            async with timeout(self._clock, self._retrying.timeout):
                return await failure_of(self._handler, event)
        except TimeoutError:
            return TimeoutError(f"no end within {self._retrying.timeout:g} s")
