"""A message queue on Redis Streams, on Redis or Valkey."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from infra_ref.event_bus.delivery.lanes import Lanes
from infra_ref.event_bus.errors import LeaseLost, QueueFull, QueueUnavailable
from infra_ref.event_bus.queue_port import Delivery, Message, checked_group
from infra_ref.event_bus.redis_streams.entries import (
    Entry,
    entries_of,
    fields_of,
    just_after,
    message_of,
    place,
)
from infra_ref.event_bus.redis_streams.lease import RedisLease, trip
from infra_ref.failures import Refused

PREFETCH = 1000
"""Messages that a consumer holds at most besides those that it is asked for."""
TRIM_EVERY = 1000
"""Messages settled between two looks for what can be trimmed."""


class RedisStreamsQueue:
    """A `MessageQueue` in the stream `name`. `client` gives bytes; whoever made it closes it.

    Reads for a group are in the transactions of its lease and never block, so a cancelled one takes no
    message along; what blocks only looks. A trip takes at most `timeout` seconds. Once the stream has
    `limit` entries, `send` is refused (several senders may go over it by a batch each).
    """

    def __init__(
        self, client: Redis, *, name: str, lease: float = 30.0, limit: int = 100_000, timeout: float = 5.0
    ) -> None:
        self.client, self.stream = client, f"{name}:stream"
        self.lease, self.timeout, self._limit = lease, timeout, limit
        self._length = 0

    async def send(self, messages: Sequence[Message]) -> None:
        if self._length + len(messages) > self._limit:
            await self.trim()
        async with trip(f"send {len(messages)} messages", self.timeout):
            if self._length + len(messages) > self._limit:
                self._length = await self.client.xlen(self.stream)
                if self._length + len(messages) > self._limit:
                    raise Refused(QueueFull(self._limit))
            async with self.client.pipeline() as pipe:
                for message in messages:
                    pipe.xadd(self.stream, cast(Any, fields_of(message)))
                pipe.xlen(self.stream)
                *_, self._length = await pipe.execute()

    async def join(self, group: str, *, in_order: bool = True) -> RedisConsumer:
        async with trip(f"join {checked_group(group)}", self.timeout):
            try:
                await self.client.xgroup_create(self.stream, group, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):  # that one says the group is there already
                    raise
        return RedisConsumer(self, group, in_order=in_order)

    async def trim(self) -> None:
        """Remove the entries that every group has settled."""
        async with trip("trim", self.timeout):
            kept = [unsettled or just_after(read) for _, read, unsettled in await self.groups()]
            if kept:
                await self.client.xtrim(self.stream, minid=min(kept, key=place), approximate=False)

    async def groups(self) -> list[tuple[str, bytes, bytes | None]]:
        """Return each group's name, the last entry that it read, and the first that it has not settled."""
        found: list[tuple[str, bytes, bytes | None]] = []
        for group in await self.client.xinfo_groups(self.stream):
            pending = cast(Any, await self.client.xpending(self.stream, group["name"]))
            found.append((group["name"].decode(), group["last-delivered-id"], pending["min"]))
        return found


class RedisConsumer:
    """A `Consumer` of a `RedisStreamsQueue`."""

    def __init__(self, queue: RedisStreamsQueue, group: str, *, in_order: bool) -> None:
        self._queue, self._group, self._in_order = queue, group, in_order
        self._client, self._stream, self.lease = queue.client, queue.stream, queue.lease
        key, self._attempts = f"{self._stream}:{group}:lease", f"{self._stream}:{group}:attempts"
        self._held = RedisLease(self._client, key, group, seconds=queue.lease, timeout=queue.timeout)
        self._lanes, self._last, self._settled = Lanes(in_order=in_order), b"0-0", 0

    async def receive(self, limit: int = 100, *, wait: float = 0.0) -> list[Delivery]:
        deadline = time.monotonic() + wait
        while True:
            owned = await self._own()
            if owned and len(self._lanes) < PREFETCH:
                await self._fetch(limit)
            found = self._lanes.take(limit, time.monotonic()) if owned else []
            if found or time.monotonic() >= deadline:
                return found
            await self._look(deadline, owned)

    def holds(self, delivery: Delivery) -> bool:
        return self._held.is_held and self._lanes.is_out(delivery.token)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        tokens = self._out(deliveries)
        tried = [delivery.token for delivery in deliveries if delivery.attempt > 1]

        def write(pipe: Any) -> None:
            if tokens:
                pipe.xack(self._stream, self._group, *tokens)
            if tried:
                pipe.hdel(self._attempts, *tried)

        await self._held.write(f"ack {len(tokens)} messages", write)
        for token in tokens:
            self._lanes.done(token)
        self._settled += len(tokens)
        if self._settled >= TRIM_EVERY:
            self._settled = 0
            await self._queue.trim()

    async def retry(self, delivery: Delivery, *, after: float) -> None:
        (token,), attempt = self._out([delivery]), delivery.attempt + 1
        await self._held.write(
            "note a failed attempt", lambda pipe: pipe.hset(self._attempts, token, str(attempt))
        )
        self._lanes.retry(token, time.monotonic() + after)

    async def give_back(self, deliveries: Sequence[Delivery]) -> None:
        tokens = self._out(deliveries)
        await self._held.write("give messages back")
        for token in tokens:
            self._lanes.give_back(token)

    async def extend(self) -> None:
        await self._held.write("extend a lease")

    async def oldest(self) -> float | None:
        async with trip("look for the oldest message", self._queue.timeout):
            read, unsettled = await self._progress()
            unread: Any = await self._client.xrange(self._stream, min=f"({read.decode()}", count=1)
            first = [unsettled] if unsettled else [name for name, _ in unread]
            seconds, micros = await self._client.time()
            return max(seconds + micros / 1e6 - place(first[0])[0] / 1000, 0.0) if first else None

    async def close(self) -> None:
        if self._held.is_held:
            await self._held.give_up()
            await self._queue.trim()

    def _out(self, deliveries: Sequence[Delivery]) -> list[str]:
        tokens = [delivery.token for delivery in deliveries]
        if not all(self._lanes.is_out(token) for token in tokens):
            raise Refused(LeaseLost(self._group))
        return tokens

    async def _own(self) -> bool:
        """Return whether the lease is ours; if it is new, or an answer was lost, see what is pending."""
        if not self._held.is_held:
            self._lanes = Lanes(in_order=self._in_order)
            if not await self._held.take():
                return False
            self._held.in_doubt = True
        if self._held.in_doubt:
            await self._take_over()
        return True

    async def _take_over(self) -> None:
        """Find what is pending and not in the lanes: a former owner's, or ours where the answer was lost."""
        start = b"0-0"
        while True:

            def claim(pipe: Any, start: bytes = start) -> None:
                pipe.xautoclaim(self._stream, self._group, "-", 0, start, count=1000)

            ((start, entries, gone),) = await self._held.write("take over what is pending", claim)
            new = [entry for entry in entries if entry[0].decode() not in self._lanes]
            async with trip("read the attempts", self._queue.timeout):
                names = [name for name, _ in new]
                attempts = await cast(Any, self._client.hmget(self._attempts, names)) if names else []
            for entry, attempt in zip(new, attempts, strict=True):
                self._add(entry, int(attempt or 1))
            for name in gone:
                self._add((name, {}))
            if start == b"0-0":
                break
        async with trip("look how far the group has read", self._queue.timeout):
            self._last, _ = await self._progress()
        self._held.in_doubt = False

    async def _fetch(self, limit: int) -> None:
        streams: Any = {self._stream: ">"}
        (answer,) = await self._held.write(
            "receive", lambda pipe: pipe.xreadgroup(self._group, "-", streams, count=limit)
        )
        for entry in entries_of(answer):
            self._add(entry)
            self._last = entry[0]

    def _add(self, entry: Entry, attempt: int = 1) -> None:
        self._lanes.add(Delivery(message_of(*entry), attempt, entry[0].decode()))

    async def _look(self, deadline: float, owned: bool) -> None:
        """Wait until there may be something: a new entry, a lane that has rested, a lease that lapsed."""
        now = time.monotonic()
        until = min(deadline, self._lanes.next_due() or deadline, now + self.lease / 3)
        block = round((until - now) * 1000)
        if not owned or len(self._lanes) >= PREFETCH:
            await asyncio.sleep(min(until - now, 0.5))
        elif block > 0:
            async with trip("wait for messages", self._queue.timeout + until - now):
                await self._client.xread({self._stream: self._last}, count=1, block=block)

    async def _progress(self) -> tuple[bytes, bytes | None]:
        for name, read, unsettled in await self._queue.groups():
            if name == self._group:
                return read, unsettled
        raise Refused(QueueUnavailable(f"find the group {self._group!r}, which was destroyed,"))
