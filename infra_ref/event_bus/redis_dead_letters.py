"""Dead letters on Redis or Valkey."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra_ref.event_bus.dead_letter_port import DeadLetter
from infra_ref.event_bus.errors import QueueUnavailable
from infra_ref.event_bus.queue_port import Message, MessageQueue
from infra_ref.failures import Refused
from infra_ref.strict_timeout import strict_timeout


class RedisDeadLetters:
    """A `DeadLetterQueue` under the name `name`: a hash for each letter, and their order in a sorted set.

    `redrive` sends to `queue`. `client` gives bytes; whoever made it closes it.
    """

    def __init__(self, client: Redis, queue: MessageQueue, *, name: str, timeout: float = 5.0) -> None:
        self._client, self._queue, self._timeout = client, queue, timeout
        self._prefix = f"{name}:dead"

    async def put(self, letter: DeadLetter) -> None:
        async with self._trip(f"put dead letter {letter.id!r}"):
            number = await self._client.incr(f"{self._prefix}:count")
            fields = {name: value for name, value in _fields(letter).items() if value is not None}
            async with self._client.pipeline() as pipe:
                for name, value in fields.items():
                    pipe.hsetnx(self._key(letter.id), name, value)
                pipe.zadd(self._prefix, {letter.id: number}, nx=True)
                await pipe.execute()

    async def letters(self, *, limit: int = 100, after: str | None = None) -> list[DeadLetter]:
        async with self._trip("list dead letters"):
            rank = (
                None if after is None else cast("int | None", await self._client.zrank(self._prefix, after))
            )
            start = 0 if rank is None else rank + 1
            names = cast("list[bytes]", await self._client.zrange(self._prefix, start, start + limit - 1))
        found = [await self.show(name.decode()) for name in names]
        return [letter for letter in found if letter is not None]

    async def show(self, letter_id: str) -> DeadLetter | None:
        async with self._trip(f"show dead letter {letter_id!r}"):
            fields = await cast(Any, self._client.hgetall(self._key(letter_id)))
        return _letter(fields) if fields else None

    async def redrive(self, letter_id: str) -> bool:
        letter = await self.show(letter_id)
        if letter is None:
            return False
        await self._queue.send([letter.again()])
        await self.discard(letter_id)
        return True

    async def discard(self, letter_id: str) -> bool:
        async with self._trip(f"discard dead letter {letter_id!r}"), self._client.pipeline() as pipe:
            pipe.unlink(self._key(letter_id))
            pipe.zrem(self._prefix, letter_id)
            there, _ = await pipe.execute()
        return bool(there)

    def _key(self, letter_id: str) -> str:
        return f"{self._prefix}:{letter_id}"

    @asynccontextmanager
    async def _trip(self, doing: str) -> AsyncGenerator[None]:
        try:
            async with strict_timeout(self._timeout):
                yield
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            raise Refused(QueueUnavailable(doing, cause=error)) from error


def _fields(letter: DeadLetter) -> dict[str, Any]:
    message = letter.message
    return {
        "id": message.id,
        "key": message.key,
        "body": message.body,
        "generation": message.generation,
        "to": message.to,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "origin": letter.origin,
        "time": letter.time.timestamp(),
    }


def _letter(fields: dict[bytes, bytes]) -> DeadLetter:
    text = {name.decode(): value.decode() for name, value in fields.items() if name != b"body"}
    return DeadLetter(
        message=Message(
            id=text["id"],
            key=text["key"],
            body=fields[b"body"],
            generation=int(text["generation"]),
            to=text.get("to"),
        ),
        reason=text["reason"],
        attempts=int(text["attempts"]),
        origin=text["origin"],
        time=datetime.fromtimestamp(float(text["time"]), UTC),
    )
