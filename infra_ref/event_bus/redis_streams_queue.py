"""A message queue on Redis Streams, on Redis or Valkey."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError, WatchError

from infra_ref.event_bus.errors import LeaseLost, QueueFull, QueueUnavailable
from infra_ref.event_bus.lanes import Lanes
from infra_ref.event_bus.queue_port import Delivery, Message, checked_group
from infra_ref.failures import Refused

PREFETCH = 1000
"""Messages that a consumer holds at most besides those that it is asked for."""
TRIM_EVERY = 1000
"""Messages settled between two looks for what can be trimmed."""


class RedisStreamsQueue:
    """A `MessageQueue` in the stream `name`. `client` gives bytes; whoever made it closes it.

    A group's lease is a key that lapses, and all that its holder writes is in a
    transaction that watches this key: who lost it writes nothing. Reads for the
    group are in such a transaction too and never block, so that a cancelled one
    takes no message along. Every trip ends within `timeout` seconds. Once the
    stream has `limit` entries, `send` is refused (by the length after the last
    send: several senders may go over it by a batch each).
    """

    lacks: ClassVar[dict[str, str]] = {}

    def __init__(
        self, client: Redis, *, name: str, lease: float = 30.0, limit: int = 100_000, timeout: float = 5.0
    ) -> None:
        self.client, self.stream = client, f"{name}:stream"
        self.lease, self._limit, self._timeout = lease, limit, timeout
        self._length = 0

    async def send(self, messages: Sequence[Message]) -> None:
        async with self.trip(f"send {len(messages)} messages"):
            if self._length + len(messages) > self._limit:
                await self._trim()
                self._length = await self.client.xlen(self.stream)
                if self._length + len(messages) > self._limit:
                    raise Refused(QueueFull(self._limit))
            async with self.client.pipeline() as pipe:
                for message in messages:
                    pipe.xadd(self.stream, cast(Any, _fields(message)))
                pipe.xlen(self.stream)
                *_, self._length = await pipe.execute()

    async def join(self, group: str, *, in_order: bool = True) -> RedisConsumer:
        async with self.trip(f"join {checked_group(group)}"):
            try:
                await self.client.xgroup_create(self.stream, group, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):  # that one says the group is there already
                    raise
        return RedisConsumer(self, group, in_order=in_order)

    async def trim(self) -> None:
        """Remove the entries that every group has settled."""
        async with self.trip("trim"):
            await self._trim()

    async def _trim(self) -> None:
        kept = []
        for group in await self.client.xinfo_groups(self.stream):
            pending = cast(Any, await self.client.xpending(self.stream, group["name"]))
            kept.append(pending["min"] or _after(group["last-delivered-id"]))
        if kept:
            await self.client.xtrim(self.stream, minid=min(kept, key=_order), approximate=False)

    @asynccontextmanager
    async def trip(self, doing: str, seconds: float = 0.0) -> AsyncGenerator[None]:
        """One exchange, over in time; what goes wrong is QueueUnavailable."""
        try:
            async with asyncio.timeout(self._timeout + seconds):
                yield
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            raise Refused(QueueUnavailable(doing, cause=error)) from error


class RedisConsumer:
    """A `Consumer` of a `RedisStreamsQueue`."""

    def __init__(self, queue: RedisStreamsQueue, group: str, *, in_order: bool) -> None:
        self._queue, self._group, self._in_order = queue, group, in_order
        self._client, self._stream, self.lease = queue.client, queue.stream, queue.lease
        self._lock, self._token = asyncio.Lock(), secrets.token_bytes(16)
        self._lease_key, self._attempts = f"{self._stream}:{group}:lease", f"{self._stream}:{group}:attempts"
        self._lanes = Lanes(in_order=in_order)
        self._until, self._synced, self._last, self._settled = 0.0, False, b"0-0", 0

    async def receive(self, limit: int = 100, *, wait: float = 0.0) -> list[Delivery]:
        deadline = time.monotonic() + wait
        while True:
            owned = await self._own()
            if owned and len(self._lanes) < PREFETCH:
                await self._fetch(limit)
            found = self._lanes.take(limit, time.monotonic()) if owned else []
            if found or time.monotonic() >= deadline:
                return found
            await self._news(deadline, owned)

    def holds(self, delivery: Delivery) -> bool:
        return time.monotonic() < self._until and self._lanes.is_out(delivery.token)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        tokens = [delivery.token for delivery in deliveries]
        tried = [delivery.token for delivery in deliveries if delivery.attempt > 1]

        def write(pipe: Any) -> None:
            pipe.xack(self._stream, self._group, *tokens)
            if tried:
                pipe.hdel(self._attempts, *tried)

        await self._settle(f"ack {len(tokens)} messages", tokens, write)
        for token in tokens:
            self._lanes.done(token)
        self._settled += len(tokens)
        if self._settled >= TRIM_EVERY:
            self._settled = 0
            await self._queue.trim()

    async def retry(self, delivery: Delivery, *, after: float) -> None:
        def write(pipe: Any) -> None:
            pipe.hset(self._attempts, delivery.token, delivery.attempt + 1)

        await self._settle("note a failed attempt", [delivery.token], write)
        self._lanes.retry(delivery.token, time.monotonic() + after)

    async def give_back(self, deliveries: Sequence[Delivery]) -> None:
        await self._settle("give messages back", [delivery.token for delivery in deliveries])
        for delivery in deliveries:
            self._lanes.give_back(delivery.token)

    async def extend(self) -> None:
        await self._settle("extend a lease", [])

    async def oldest(self) -> float | None:
        async with self._queue.trip("look for the oldest message"):
            last, pending = await self._state()
            unread = await self._client.xrange(self._stream, min=f"({last.decode()}", count=1)
            first = [pending] if pending else [name for name, _ in unread]
            if not first:
                return None
            seconds, micros = await self._client.time()
            return max(seconds + micros / 1e6 - int(first[0].partition(b"-")[0]) / 1000, 0.0)

    async def close(self) -> None:
        if self._until:
            await self._fenced("give up a lease", lambda pipe: pipe.delete(self._lease_key))
            self._until = 0.0
            await self._queue.trim()

    async def _own(self) -> bool:
        """Renew the lease or take one that nobody has; then take over what is pending."""
        async with self._queue.trip("take a lease"):
            asked, ms = time.monotonic(), round(self.lease * 1000)
            if self._until <= asked:
                self._synced, self._lanes = False, Lanes(in_order=self._in_order)
                if not await self._client.set(self._lease_key, self._token, nx=True, px=ms):
                    return False
                self._until = asked + self.lease
        if not self._synced:
            await self._sync()
        return True

    async def _sync(self) -> None:
        """Find what is pending and not in the lanes: another consumer's, or ours, and the answer was lost."""
        start = b"0-0"
        while True:
            ((start, entries, gone),) = await self._fenced(
                "take over what is pending",
                lambda pipe, start=start: pipe.xautoclaim(self._stream, self._group, "-", 0, start, count=1000),
            )
            await self._add(entries)
            for name in gone:
                self._lanes.add(Delivery(Message(id=name.decode(), key=name.decode(), body=b""), 1, name.decode()))
            if start == b"0-0":
                break
        async with self._queue.trip("look how far the group has read"):
            self._last = (await self._state())[0]
        self._synced = True

    async def _fetch(self, limit: int) -> None:
        (found,) = await self._fenced(
            "receive",
            lambda pipe: pipe.xreadgroup(self._group, "-", {self._stream: ">"}, count=limit),
        )
        entries = _entries(found)
        await self._add(entries)
        self._last = entries[-1][0] if entries else self._last

    async def _add(self, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        new = [(name, fields) for name, fields in entries if name.decode() not in self._lanes]
        attempts: list[Any] = [None] * len(new)
        if new and not self._synced:  # what was never read before was never tried
            async with self._queue.trip("read the attempts"):
                attempts = await cast(Any, self._client.hmget(self._attempts, [name for name, _ in new]))
        for (name, fields), attempt in zip(new, attempts, strict=True):
            self._lanes.add(Delivery(_message(name, fields), int(attempt or 1), name.decode()))

    async def _settle(
        self, doing: str, tokens: list[str], write: Callable[[Any], Any] = lambda pipe: None
    ) -> None:
        if not all(self._lanes.is_out(token) for token in tokens):
            raise Refused(LeaseLost(self._group))
        await self._fenced(doing, write)

    async def _fenced(self, doing: str, write: Callable[[Any], Any]) -> list[Any]:
        """Renew the lease and write, if the lease is ours still."""
        async with self._lock, self._queue.trip(doing), self._client.pipeline() as pipe:
            if time.monotonic() >= self._until:
                raise Refused(LeaseLost(self._group))
            asked = time.monotonic()
            try:
                await pipe.watch(self._lease_key)
                if await cast(Any, pipe.get(self._lease_key)) != self._token:
                    self._until = 0.0
                    raise Refused(LeaseLost(self._group))
                pipe.multi()  # type: ignore[no-untyped-call]  # redis-py
                pipe.pexpire(self._lease_key, round(self.lease * 1000))
                write(pipe)
                _, *answers = await pipe.execute()
            except BaseException as error:
                self._synced = self._synced and isinstance(error, Refused)
                raise
            self._until = asked + self.lease
            return answers

    async def _news(self, deadline: float, owned: bool) -> None:
        """Wait until there may be something: a new entry, a lane that has rested, a lease that lapsed."""
        now = time.monotonic()
        until = min(deadline, self._lanes.next_due() or deadline)
        if not owned or len(self._lanes) >= PREFETCH:
            await asyncio.sleep(min(until - now, self.lease / 4, 0.5))
        elif (block := round((min(until, now + self.lease / 2) - now) * 1000)) > 0:
            async with self._queue.trip("wait for messages", block / 1000):
                await self._client.xread({self._stream: self._last}, count=1, block=block)

    async def _state(self) -> tuple[bytes, bytes | None]:
        """Return the last entry that the group has read, and the first that it has not settled."""
        for group in await self._client.xinfo_groups(self._stream):
            if group["name"] == self._group.encode():
                pending = cast(Any, await self._client.xpending(self._stream, self._group))
                return group["last-delivered-id"], pending["min"]
        raise Refused(QueueUnavailable(f"find the group {self._group!r}: it was destroyed"))


def _fields(message: Message) -> dict[str, Any]:
    fields = {"id": message.id, "key": message.key, "body": message.body, "generation": message.generation}
    return fields if message.to is None else {**fields, "to": message.to}


def _message(name: bytes, fields: dict[bytes, bytes] | None) -> Message:
    """Return what the entry holds; of one that is not ours, or gone, nothing that could be decoded."""
    found, own = fields or {}, name.decode()
    to, generation = found.get(b"to"), found.get(b"generation", b"")
    return Message(
        id=found.get(b"id", name).decode(errors="replace"),
        key=found.get(b"key", name).decode(errors="replace") or own,
        body=found.get(b"body", b""),
        generation=int(generation) if generation.isdigit() else 0,
        to=None if to is None else to.decode(errors="replace"),
    )


def _entries(found: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Return the entries of one stream, from an answer in RESP2's shape or in RESP3's."""
    streams = list(found.items()) if isinstance(found, dict) else found or []
    entries: Any = [entry for _, entries in streams for entry in entries]
    return entries[0] if entries and isinstance(entries[0], list) else entries


def _order(name: bytes) -> tuple[int, int]:
    first, _, second = name.partition(b"-")
    return int(first), int(second)


def _after(name: bytes) -> bytes:
    first, second = _order(name)
    return f"{first}-{second + 1}".encode()
