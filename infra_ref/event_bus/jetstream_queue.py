"""A message queue on NATS JetStream, for those who outgrow one machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DiscardPolicy, KeyValueConfig, StreamConfig
from nats.js.errors import KeyNotFoundError
from nats.js.kv import KeyValue

from infra_ref.event_bus.delivery.lanes import Lanes
from infra_ref.event_bus.errors import LeaseLost, QueueFull
from infra_ref.event_bus.jetstream.headers import headers_of, message_of
from infra_ref.event_bus.jetstream.lease import JetStreamLease, trip
from infra_ref.event_bus.queue_port import Delivery, Message, checked_group
from infra_ref.failures import Refused

PREFETCH = 1000
"""Messages that a consumer holds at most besides those that it is asked for."""
TRIM_EVERY = 1000
"""Messages settled between two looks for what can be trimmed."""
AT_ONCE = 0.05
"""Seconds that a fetch waits which is not to wait: the way to the server and back."""


class JetStreamQueue:
    """A `MessageQueue` in a stream and two buckets named for `name`; whoever made the client closes it.

    Messages go one by one, and a failure half way leaves no later one in; only the limit takes all or none.
    A trip takes at most `timeout` seconds, and half the lease while it is held. `replicas` servers keep each.
    """

    lacks: ClassVar[dict[str, str]] = {
        "vanish": "JetStream forgets a message that was deleted while pending, and says nothing",
    }

    def __init__(
        self,
        js: JetStreamContext,
        *,
        name: str,
        lease: float = 30.0,
        limit: int = 100_000,
        timeout: float = 5.0,
        replicas: int = 1,
    ) -> None:
        self.js, self.name, self.lease, self.timeout = js, checked_group(name), lease, timeout
        self._limit, self._replicas = limit, replicas
        self.leases: KeyValue | None = None
        self.attempts: KeyValue | None = None

    async def send(self, messages: Sequence[Message]) -> None:
        async with trip(f"send {len(messages)} messages", self.timeout):
            await self._open()
            if not await self._has_room(len(messages)):
                await self.trim()
                if not await self._has_room(len(messages)):
                    raise Refused(QueueFull(self._limit))
        for message in messages:
            async with trip("send a message", self.timeout):
                await self.js.publish(self.name, message.body, stream=self.name, headers=headers_of(message))

    async def join(self, group: str, *, in_order: bool = True) -> JetStreamConsumer:
        checked_group(group)
        config = ConsumerConfig(ack_wait=self.lease, max_ack_pending=2 * PREFETCH, max_deliver=-1)
        async with trip(f"join {group}", self.timeout):
            await self._open()
            pulled = await self.js.pull_subscribe(self.name, group, stream=self.name, config=config)
        return JetStreamConsumer(self, pulled, group, in_order=in_order)

    async def trim(self) -> None:
        """Remove what every group has settled."""
        async with trip("trim", self.timeout):
            floors = [info.ack_floor for info in await self.js.consumers_info(self.name)]
            settled = [int(floor.stream_seq or 0) for floor in floors if floor]
            if lowest := min(settled, default=0):
                await self.js.purge_stream(self.name, seq=lowest + 1)

    async def _has_room(self, many: int) -> bool:
        return (await self.js.stream_info(self.name)).state.messages + many <= self._limit

    async def _open(self) -> None:
        if self.attempts is not None:
            return
        stream = StreamConfig(self.name, subjects=[self.name], num_replicas=self._replicas)
        stream.max_msgs, stream.discard = self._limit, DiscardPolicy.NEW
        await self.js.add_stream(stream)
        leases = KeyValueConfig(f"{self.name}-leases", ttl=self.lease, replicas=self._replicas)
        self.leases = await self.js.create_key_value(leases)
        attempts = KeyValueConfig(f"{self.name}-attempts", replicas=self._replicas)
        self.attempts = await self.js.create_key_value(attempts)


class JetStreamConsumer:
    """A `Consumer` of a `JetStreamQueue`."""

    def __init__(
        self, queue: JetStreamQueue, pulled: JetStreamContext.PullSubscription, group: str, *, in_order: bool
    ) -> None:
        assert queue.leases is not None and queue.attempts is not None
        self._queue, self._pulled, self._group, self._in_order = queue, pulled, group, in_order
        self.lease, self._timeout = queue.lease, min(queue.timeout, queue.lease / 2)
        self._held = JetStreamLease(queue.leases, group, seconds=queue.lease, timeout=self._timeout)
        self._attempts, self._messages = queue.attempts, dict[str, Msg]()
        self._lanes = Lanes(in_order=in_order)
        self._missing, self._read, self._missing_until, self._early = 0, 0, 0.0, dict[int, Msg]()
        self._settled = 0

    async def receive(self, limit: int = 100, *, wait: float = 0.0) -> list[Delivery]:
        deadline = time.monotonic() + wait
        while True:
            owned = await self._own()
            found = self._lanes.take(limit, time.monotonic()) if owned else []
            left = deadline - time.monotonic()
            if owned and not found and len(self._lanes) < PREFETCH:
                await self._fetch(limit, max(min(left, self.lease / 4), AT_ONCE))
                found = self._lanes.take(limit, time.monotonic())
            if found or time.monotonic() >= deadline:
                return found
            if not owned or len(self._lanes) >= PREFETCH:
                await asyncio.sleep(min(left, self.lease / 4))

    def holds(self, delivery: Delivery) -> bool:
        return self._held.is_held and self._lanes.is_out(delivery.token)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        tokens = self._out(deliveries)
        await self._held.renew()
        async with trip(f"ack {len(tokens)} messages", self._timeout):
            await asyncio.gather(*(self._messages[token].ack_sync() for token in tokens))
            for delivery in deliveries:
                if delivery.attempt > 1:
                    await self._attempts.delete(f"{self._group}.{delivery.token}")
        for token in tokens:
            self._lanes.done(token)
            del self._messages[token]
        self._settled += len(tokens)
        if self._settled >= TRIM_EVERY:
            self._settled = 0
            await self._queue.trim()

    async def retry(self, delivery: Delivery, *, after: float) -> None:
        (token,) = self._out([delivery])
        await self._held.renew()
        async with trip("note a failed attempt", self._timeout):
            await self._attempts.put(f"{self._group}.{token}", str(delivery.attempt + 1).encode())
        self._lanes.retry(token, time.monotonic() + after)

    async def give_back(self, deliveries: Sequence[Delivery]) -> None:
        tokens = self._out(deliveries)
        await self._held.renew()
        for token in tokens:
            self._lanes.give_back(token)

    async def extend(self) -> None:
        await self._held.renew()
        async with trip("extend a lease", self._timeout):
            for message in [*self._messages.values(), *self._early.values()]:
                await message.in_progress()

    async def oldest(self) -> float | None:
        async with trip("look for the oldest message", self._queue.timeout):
            info = await self._pulled.consumer_info()
            if not info.num_pending and not info.num_ack_pending:
                return None
            first = (info.ack_floor.stream_seq if info.ack_floor else 0) + 1
            message = await self._queue.js.get_msg(self._queue.name, first, self._queue.name, next=True)
        return max((datetime.now(UTC) - message.time).total_seconds(), 0.0) if message.time else 0.0

    async def close(self) -> None:
        if not self._held.is_held:
            return
        await self._held.renew()
        async with trip("give messages up", self._timeout):
            for message in [*self._messages.values(), *self._early.values()]:
                await message.nak()
        await self._held.give_up()
        await self._queue.trim()

    def _out(self, deliveries: Sequence[Delivery]) -> list[str]:
        tokens = [delivery.token for delivery in deliveries]
        if not self._held.is_held or not all(self._lanes.is_out(token) for token in tokens):
            raise Refused(LeaseLost(self._group))
        return tokens

    async def _own(self) -> bool:
        if self._held.is_held:
            if not self._held.is_young:
                await self.extend()
            return True
        self._lanes, self._messages, self._early = Lanes(in_order=self._in_order), {}, {}
        if not await self._held.take():
            return False
        # What a former owner had comes again within its time to acknowledge, and later messages may come
        # before it: they wait, so that each key keeps its order.
        async with trip("take over what is pending", self._timeout):
            info = await self._pulled.consumer_info()
        self._missing, self._missing_until = info.num_ack_pending or 0, time.monotonic() + 2 * self.lease
        self._read = info.delivered.stream_seq if info.delivered else 0
        return True

    async def _fetch(self, limit: int, wait: float) -> None:
        async with trip("receive", self._timeout + wait):
            try:
                got = await self._pulled.fetch(limit, timeout=wait)
            except TimeoutError:  # nothing came
                got = []
            self._early |= {message.metadata.sequence.stream: message for message in got}
            came = sum(sequence <= self._read for sequence in self._early)
            if came < self._missing and time.monotonic() < self._missing_until:
                return
            self._missing = 0
            for sequence in sorted(self._early):
                await self._add(sequence, self._early[sequence])
            self._early = {}

    async def _add(self, sequence: int, message: Msg) -> None:
        token, attempt = str(sequence), 1
        is_new = token not in self._messages
        self._messages[token] = message
        if not is_new:
            return
        if message.metadata.num_delivered > 1:
            try:
                attempt = int((await self._attempts.get(f"{self._group}.{token}")).value or b"1")
            except KeyNotFoundError:
                attempt = 1
        self._lanes.add(Delivery(message_of(sequence, message.data, message.headers or {}), attempt, token))
