"""What a handler's group receives is handled, tried again, and in the end given up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from infra_ref.clock import Clock, timeout
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.errors import LeaseLost
from infra_ref.event_bus.event_codec import Upcast, decode
from infra_ref.event_bus.port import EventHandler, failure_of
from infra_ref.event_bus.queue_port import Consumer, DeadLetter, DeadLetterQueue, Delivery
from infra_ref.failures import Refused

POLL = 1.0
"""Seconds that one call of `receive` waits at most."""


@dataclass(slots=True)
class _Outcome:
    done: list[Delivery] = field(default_factory=list)
    failed: list[tuple[Delivery, Exception]] = field(default_factory=list)
    back: list[Delivery] = field(default_factory=list)


class Worker:
    """Runs one handler on what one consumer receives: keys side by side, each key's messages in turn.

    A trouble of the queue's is waited out; it uses up no attempt.
    """

    def __init__(
        self,
        group: str,
        handler: EventHandler,
        consumer: Consumer,
        dead_letters: DeadLetterQueue,
        *,
        retrying: Retrying,
        upcasts: Mapping[str, Upcast],
        in_order: bool,
        batch: int,
        clock: Clock,
    ) -> None:
        self._group, self._handler, self._consumer, self._dead_letters = (
            group,
            handler,
            consumer,
            dead_letters,
        )
        self._retrying, self._upcasts, self._in_order = retrying, upcasts, in_order
        self._batch, self._clock = batch, clock
        self._stopping = False
        self._receiving: asyncio.Timeout | None = None
        self._task = asyncio.create_task(self._run())

    def halt(self) -> None:
        """Begin nothing more, and end once what runs has ended."""
        self._stopping = True
        if self._receiving is not None:
            self._receiving.reschedule(0)

    async def stop(self, within: float) -> None:
        """Halt; what runs may end within that time; what is not settled goes to the next."""
        self.halt()
        await asyncio.wait({self._task}, timeout=within)
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        outages = 0
        try:
            while not self._stopping:
                try:
                    await self._round()
                    outages = 0
                except Refused:
                    outages += 1
                    await self._clock.sleep(self._retrying.backoff.wait(outages))
        finally:
            with suppress(Refused):  # then the lease lapses by itself
                await self._consumer.close()

    async def _round(self) -> None:
        try:
            async with asyncio.timeout(None) as self._receiving:
                deliveries = await self._consumer.receive(self._batch, wait=POLL)
        except TimeoutError:  # stopped
            return
        finally:
            self._receiving = None
        if not deliveries:
            return
        outcome = _Outcome()
        beating = asyncio.create_task(self._beat())
        try:
            async with asyncio.TaskGroup() as lanes:
                for lane in self._by_key(deliveries):
                    lanes.create_task(self._handle(lane, outcome))
        finally:
            beating.cancel()
        await self._settle(outcome)

    def _by_key(self, deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
        lanes: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            lanes.setdefault(delivery.message.key if self._in_order else delivery.token, []).append(delivery)
        return list(lanes.values())

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(self._consumer.lease / 3)
            try:
                await self._consumer.extend()
            except Refused:  # `holds` tells before the next begins, and what settles tells in the end
                continue

    async def _handle(self, lane: list[Delivery], outcome: _Outcome) -> None:
        for n, delivery in enumerate(lane):
            if self._stopping or not self._consumer.holds(delivery):
                outcome.back += lane[n:]
                return
            error = await self._failure(delivery)
            if error is not None:
                outcome.failed.append((delivery, error))
                outcome.back += lane[n + 1 :]
                return
            outcome.done.append(delivery)

    async def _failure(self, delivery: Delivery) -> Exception | None:
        if delivery.message.to not in (None, self._group):
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

    async def _settle(self, outcome: _Outcome) -> None:
        outages = 0
        while True:
            try:
                await self._settle_once(outcome)
            except Refused as refused:
                if isinstance(refused.failure, LeaseLost) or self._stopping:
                    return
                outages += 1
                await self._clock.sleep(self._retrying.backoff.wait(outages))
            else:
                return

    async def _settle_once(self, outcome: _Outcome) -> None:
        """Settle what is left of the outcome, and take from it what is settled."""
        if outcome.done:
            await self._consumer.ack(outcome.done)
            outcome.done = []
        while outcome.failed:
            delivery, error = outcome.failed[0]
            if delivery.attempt >= self._retrying.attempts or _is_hopeless(error):
                await self._dead_letters.put(self._letter(delivery, error))
                await self._consumer.ack([delivery])
            else:
                await self._consumer.retry(delivery, after=self._retrying.backoff.wait(delivery.attempt))
            outcome.failed.pop(0)
        if outcome.back:
            await self._consumer.give_back(outcome.back)
            outcome.back = []

    def _letter(self, delivery: Delivery, error: Exception) -> DeadLetter:
        return DeadLetter(
            message=delivery.message,
            reason=f"{type(error).__name__}: {error}",
            attempts=delivery.attempt,
            origin=self._group,
            time=self._clock.now(),
        )


def _is_hopeless(error: Exception) -> bool:
    return isinstance(error, Refused) and not error.failure.retryable
