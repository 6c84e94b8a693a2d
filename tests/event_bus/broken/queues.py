"""For every rule of `MessageQueueContract`, a queue that breaks just that one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from infra_ref.event_bus.delivery.lanes import Lanes
from infra_ref.event_bus.errors import QueueUnavailable
from infra_ref.event_bus.memory_queue import MemoryConsumer, MemoryQueue
from infra_ref.event_bus.queue_port import Delivery, Message, checked_group
from infra_ref.event_bus.redis_streams_queue import RedisConsumer, RedisStreamsQueue
from infra_ref.failures import Refused
from tests.event_bus.broken.noting import noting

BROKEN: dict[str, Any] = {}
breaks = noting(BROKEN)


class Model(MemoryQueue):
    kind: type[MemoryConsumer] = MemoryConsumer

    async def join(self, group: str, *, in_order: bool = True) -> MemoryConsumer:
        consumer = await super().join(group, in_order=in_order)
        consumer.__class__ = self.kind
        return consumer


def by(consumer: type[MemoryConsumer]) -> type[Model]:
    return type(consumer.__name__, (Model,), {"kind": consumer})


@breaks("QUEUE-01")
class LosesTheGroup(Model):
    async def send(self, messages: Sequence[Message]) -> None:
        await super().send([replace(one, to=None) for one in messages])


@breaks("QUEUE-02")
class LastBatchFirst(Model):
    async def send(self, messages: Sequence[Message]) -> None:
        waiting = list(self._kept)
        self._kept.clear()
        await super().send(messages)
        self._kept.extend(waiting)


class ForgetsAnAck(MemoryConsumer):
    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        entries = [self._group.unsettled.get(one.token) for one in deliveries]
        await super().ack(deliveries)
        if len(deliveries) == 2 and entries[0] is not None:
            self._group.unsettled[deliveries[0].token] = entries[0]


BROKEN["QUEUE-03"] = by(ForgetsAnAck)


_attended: dict[int, bool] = {}


class StaysWithTheDead(MemoryConsumer):
    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        await super().ack(deliveries)
        _attended[id(self._queue)] = True

    def _own(self, now: float) -> bool:
        owner = self._group.owner
        if owner is not None and owner is not self and _attended.get(id(self._queue)):
            return False
        return super()._own(now)


BROKEN["QUEUE-04"] = by(StaysWithTheDead)


class NoHeartbeat(MemoryConsumer):
    async def extend(self) -> None:
        until = self._group.until
        await super().extend()
        self._group.until = until


BROKEN["QUEUE-05"] = by(NoHeartbeat)


class TakesLateAcks(MemoryConsumer):
    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        if self._group.owner is self:
            await super().ack(deliveries)


BROKEN["QUEUE-06"] = by(TakesLateAcks)


class BeginsTheLapsed(MemoryConsumer):
    def holds(self, delivery: Delivery) -> bool:
        return self._lanes.is_out(delivery.token)


BROKEN["QUEUE-07"] = by(BeginsTheLapsed)


class RetriesAtOnce(MemoryConsumer):
    async def retry(self, delivery: Delivery, *, after: float) -> None:
        alone = len(self._lanes) == 1
        await super().retry(delivery, after=0 if alone and after < 1 else after)


BROKEN["QUEUE-08"] = by(RetriesAtOnce)


@breaks("QUEUE-09")
class AllPass(Model):
    async def join(self, group: str, *, in_order: bool = True) -> MemoryConsumer:
        return await super().join(group, in_order=False)


@breaks("QUEUE-10")
class NonePass(Model):
    async def join(self, group: str, *, in_order: bool = True) -> MemoryConsumer:
        return await super().join(group, in_order=True)


class CountsWhatIsGivenBack(MemoryConsumer):
    async def give_back(self, deliveries: Sequence[Delivery]) -> None:
        if len(deliveries) == 1:
            await self.retry(deliveries[0], after=0)
        else:
            await super().give_back(deliveries)


BROKEN["QUEUE-11"] = by(CountsWhatIsGivenBack)


class KeepsItsLease(MemoryConsumer):
    acked = False

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        await super().ack(deliveries)
        self.acked = True

    async def close(self) -> None:
        if not self.acked:
            await super().close()


BROKEN["QUEUE-12"] = by(KeepsItsLease)


@breaks("QUEUE-13")
class OneGroup(Model):
    async def join(self, group: str, *, in_order: bool = True) -> MemoryConsumer:
        return await super().join(checked_group(group) and "all", in_order=in_order)


class ForgetsAttempts(MemoryConsumer):
    async def close(self) -> None:
        for entry in self._group.unsettled.values():
            entry.attempt = 1
        await super().close()


BROKEN["QUEUE-14"] = by(ForgetsAttempts)


@breaks("QUEUE-15")
class TakesAll(Model):
    def size(self) -> int:
        return 0


@breaks("QUEUE-16")
class SleepsOn(Model):
    def change(self) -> None:
        pass


class CancelledTakesAlong(MemoryConsumer):
    async def receive(self, limit: int = 100, *, wait: float = 0.0) -> list[Delivery]:
        try:
            return await super().receive(limit, wait=wait)
        except asyncio.CancelledError:
            self._lanes.take = lambda limit, now: Lanes.take(self._lanes, limit, now)[:0]  # type: ignore[method-assign]
            raise


BROKEN["QUEUE-17"] = by(CancelledTakesAlong)


class KnowsNoAge(MemoryConsumer):
    async def oldest(self) -> float | None:
        age = await super().oldest()
        return None if age is None else 0.0


BROKEN["QUEUE-18"] = by(KnowsNoAge)


@breaks("QUEUE-19")
class DropsDuplicatesByEvent(Model):
    seen: frozenset[str] = frozenset()

    async def send(self, messages: Sequence[Message]) -> None:
        await super().send([one for one in messages if one.id not in self.seen])
        self.seen |= {one.id for one in messages}


@breaks("QUEUE-20")
class TakesAnyName(Model):
    async def join(self, group: str, *, in_order: bool = True) -> MemoryConsumer:
        return await super().join(group if group.isalnum() else "g", in_order=in_order)


class SettlesAgain(MemoryConsumer):
    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        await super().ack([one for one in deliveries if one.token in self._lanes])


BROKEN["QUEUE-21"] = by(SettlesAgain)

STORED: dict[str, Any] = {}
breaks_stored = noting(STORED)


class StoredModel(RedisStreamsQueue):
    kind: type[RedisConsumer] = RedisConsumer

    async def join(self, group: str, *, in_order: bool = True) -> RedisConsumer:
        consumer = await super().join(group, in_order=in_order)
        consumer.__class__ = self.kind
        return consumer


def stored_by(consumer: type[RedisConsumer]) -> type[StoredModel]:
    return type(consumer.__name__, (StoredModel,), {"kind": consumer})


class CountsAnOutage(RedisConsumer):
    cut = False

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        try:
            await super().ack(deliveries)
        except Refused as refused:
            self.cut = self.cut or isinstance(refused.failure, QueueUnavailable)
            raise

    async def receive(self, limit: int = 100, *, wait: float = 0.0) -> list[Delivery]:
        got = await super().receive(limit, wait=wait)
        return [replace(one, attempt=2) for one in got] if self.cut else got


STORED["QUEUE-30"] = stored_by(CountsAnOutage)


class SkipsTheStrange(RedisConsumer):
    def _add(self, entry: Any, attempt: int = 1) -> None:
        if b"id" in entry[1] or not entry[1]:
            super()._add(entry, attempt)


STORED["QUEUE-31"] = stored_by(SkipsTheStrange)


class SaysNothingOfTheVanished(RedisConsumer):
    def _add(self, entry: Any, attempt: int = 1) -> None:
        if entry[1]:
            super()._add(entry, attempt)


STORED["QUEUE-32"] = stored_by(SaysNothingOfTheVanished)


@breaks_stored("QUEUE-33")
class TrimsTheRead(StoredModel):
    async def trim(self) -> None:
        read = [read for _, read, _ in await self.groups()]
        await self.client.xtrim(self.stream, minid=min(read), approximate=False)
