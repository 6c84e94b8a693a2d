"""A message queue within one process, with the leases of a real one."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.event_bus.delivery.lanes import Lanes
from infra_ref.event_bus.errors import LeaseLost, QueueFull
from infra_ref.event_bus.queue_port import Delivery, Message, checked_group
from infra_ref.failures import Refused


@dataclass(slots=True)
class _Entry:
    number: int
    message: Message
    time: float
    attempt: int = 1


@dataclass(slots=True)
class _Group:
    unread: deque[_Entry]
    unsettled: dict[str, _Entry] = field(default_factory=dict)
    owner: object = None
    until: float = 0.0


class MemoryQueue:
    """A `MessageQueue` for one process, with room for `limit` messages that a group has not settled."""

    def __init__(self, *, clock: Clock | None = None, lease: float = 30.0, limit: int = 100_000) -> None:
        self.clock: Clock = clock or SystemClock()
        self.lease, self._limit = lease, limit
        self._numbers = itertools.count(1)
        self._kept: deque[_Entry] = deque()
        self._groups: dict[str, _Group] = {}
        self._changed = asyncio.Event()

    async def send(self, messages: Sequence[Message]) -> None:
        if self.size() + len(messages) > self._limit:
            raise Refused(QueueFull(self._limit))
        now = self.clock.monotonic()
        for message in messages:
            number = next(self._numbers)
            if not self._groups:
                self._kept.append(_Entry(number, message, now))
            for group in self._groups.values():
                group.unread.append(_Entry(number, message, now))
        self.change()

    async def join(self, group: str, *, in_order: bool = True) -> MemoryConsumer:
        checked_group(group)
        if group not in self._groups:
            unread, self._kept = self._kept if not self._groups else deque(), deque()
            self._groups[group] = _Group(unread)
        return MemoryConsumer(self, self._groups[group], group, in_order=in_order)

    def size(self) -> int:
        """Return how many messages the group that is furthest behind has not settled."""
        waiting = [len(group.unread) + len(group.unsettled) for group in self._groups.values()]
        return max(waiting, default=len(self._kept))

    def change(self) -> None:
        """Wake all who wait for something to receive."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, seconds: float) -> None:
        """Return once something may have changed, or that time has passed."""
        with suppress(TimeoutError):
            async with timeout(self.clock, seconds):
                await self._changed.wait()


class MemoryConsumer:
    """A `Consumer` of a `MemoryQueue`."""

    def __init__(self, queue: MemoryQueue, group: _Group, name: str, *, in_order: bool) -> None:
        self._queue, self._group, self._name, self._in_order = queue, group, name, in_order
        self._lanes = Lanes(in_order=in_order)
        self.lease = queue.lease

    async def receive(self, limit: int = 100, *, wait: float = 0.0) -> list[Delivery]:
        clock = self._queue.clock
        deadline = clock.monotonic() + wait
        while True:
            now = clock.monotonic()
            found = self._take(limit, now) if self._own(now) else []
            if found or now >= deadline:
                return found
            due = [deadline, self._lanes.next_due() if self._owns(now) else self._group.until]
            await self._queue.changed(min(one for one in due if one is not None) - now)

    def holds(self, delivery: Delivery) -> bool:
        return self._owns(self._queue.clock.monotonic()) and self._lanes.is_out(delivery.token)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        self._check(deliveries)
        for delivery in deliveries:
            self._lanes.done(delivery.token)
            del self._group.unsettled[delivery.token]
        self._queue.change()

    async def retry(self, delivery: Delivery, *, after: float) -> None:
        self._check([delivery])
        self._group.unsettled[delivery.token].attempt += 1
        self._lanes.retry(delivery.token, self._queue.clock.monotonic() + after)
        self._queue.change()

    async def give_back(self, deliveries: Sequence[Delivery]) -> None:
        self._check(deliveries)
        for delivery in deliveries:
            self._lanes.give_back(delivery.token)
        self._queue.change()

    async def extend(self) -> None:
        self._check([])

    async def oldest(self) -> float | None:
        entries = [*self._group.unsettled.values(), *itertools.islice(self._group.unread, 1)]
        now = self._queue.clock.monotonic()
        return max((now - entry.time for entry in entries), default=None)

    async def close(self) -> None:
        if self._group.owner is self:
            self._group.owner, self._group.until = None, 0.0
        self._queue.change()

    def _owns(self, now: float) -> bool:
        return self._group.owner is self and now < self._group.until

    def _own(self, now: float) -> bool:
        """Renew the lease, or take over one that has lapsed, with all that is not settled."""
        group = self._group
        if group.until > now and group.owner is not self:
            return False
        if group.owner is not self or group.until <= now:
            self._lanes = Lanes(in_order=self._in_order)
            for token, entry in group.unsettled.items():
                self._lanes.add(Delivery(entry.message, entry.attempt, token))
        group.owner, group.until = self, now + self.lease
        return True

    def _take(self, limit: int, now: float) -> list[Delivery]:
        group = self._group
        while group.unread and len(self._lanes) < PREFETCH + limit:
            entry = group.unread.popleft()
            group.unsettled[str(entry.number)] = entry
            self._lanes.add(Delivery(entry.message, entry.attempt, str(entry.number)))
        return self._lanes.take(limit, now)

    def _check(self, deliveries: Sequence[Delivery]) -> None:
        now = self._queue.clock.monotonic()
        if not self._owns(now) or not all(self._lanes.is_out(one.token) for one in deliveries):
            raise Refused(LeaseLost(self._name))
        self._group.until = now + self.lease


PREFETCH = 1000
"""Messages that a consumer holds at most besides those that it is asked for."""
