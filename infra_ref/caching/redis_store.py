"""Named bytes on Redis or Valkey: every trip ends in time, every failure is CacheUnavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError, WatchError

from infra_ref.caching.port import CacheUnavailable

T = TypeVar("T")

BATCH = 1000
"""Keys in one trip at most: enough to be quick, few enough that other clients hardly wait."""


class RedisStore:
    """What `RedisCache` needs of a server. An expiry is in milliseconds: None for never, 0 for at once."""

    def __init__(self, client: Redis, timeout: float) -> None:
        self._client, self._timeout = client, timeout

    async def read(self, name: bytes) -> bytes | None:
        async with self._trip("get", name):
            return await _get(self._client, name)

    async def read_many(self, names: Iterable[bytes]) -> list[bytes | None]:
        found: list[bytes | None] = []
        for batch in _batches(names):
            async with self._trip("get", *batch):
                found += cast("list[bytes | None]", await self._client.mget(batch))
        return found

    async def write(self, name: bytes, payload: bytes, expiry: int | None) -> None:
        async with self._trip("set", name):
            await _put(self._client, name, payload, expiry)

    async def write_many(self, payloads: Mapping[bytes, bytes], expiry: int | None) -> None:
        for batch in _batches(payloads.items()):
            async with self._trip("set", *dict(batch)), self._client.pipeline(transaction=False) as pipe:
                for name, payload in batch:
                    await _put(pipe, name, payload, expiry)
                await pipe.execute()

    async def remove(self, names: Iterable[bytes]) -> int:
        removed = 0
        for batch in _batches(names):
            async with self._trip("delete", *batch):
                removed += await self._client.unlink(*batch)
        return removed

    async def sweep(self, pattern: bytes, chosen: Callable[[bytes], bool]) -> int:
        """Remove the names that match Redis's `pattern` and are `chosen`; return how many."""
        cursor, removed = 0, 0
        while True:
            async with self._trip("sweep", pattern):
                cursor, found = await self._client.scan(cursor, match=pattern, count=BATCH)
                names = [name for name in cast(list[bytes], found) if chosen(name)]
                removed += await self._client.unlink(*names) if names else 0
            if cursor == 0:
                return removed

    async def claim(self, name: bytes, token: bytes, expiry: int | None) -> bytes | None:
        """Store the token if there is nothing; return what there was."""
        async with self._trip("lease", name):
            try:
                return cast("bytes | None", await self._client.set(name, token, px=expiry, nx=True, get=True))
            except ResponseError as error:
                if str(error).startswith("WRONGTYPE"):
                    return b""
                if "syntax" in str(error):
                    raise RuntimeError("leases need SET with NX and GET: Valkey, or Redis 7.0") from error
                raise

    async def swap(self, name: bytes, expected: bytes, payload: bytes, expiry: int | None) -> bool:
        """Write if the name still holds `expected`. Without Lua, which not every server has."""
        async with self._trip("fill", name), self._client.pipeline() as pipe:
            await pipe.watch(name)
            if await _get(pipe, name) != expected:
                return False
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py
            await _put(pipe, name, payload, expiry)
            try:
                await pipe.execute()
            except WatchError:
                return False
            return True

    def _trip(self, doing: str, *names: bytes) -> _Trip:
        return _Trip(doing, names, self._timeout)


class _Trip:
    """One exchange with the store: over in time, and CacheUnavailable if it fails.

    Once late it is cancelled until it ends: redis-py waits for the server even to clean up.
    """

    __slots__ = ("_cancelling", "_cancels", "_doing", "_names", "_seconds", "_task", "_timer")

    def __init__(self, doing: str, names: tuple[bytes, ...], seconds: float) -> None:
        self._doing, self._names, self._seconds, self._cancels = doing, names, seconds, 0

    async def __aenter__(self) -> None:
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancelling = self._task.cancelling()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._cancel)

    def _cancel(self) -> None:
        self._cancels += 1
        self._task.cancel()
        self._timer = asyncio.get_running_loop().call_later(0.1 * self._seconds, self._cancel)

    async def __aexit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        self._timer.cancel()
        for _cancel in range(self._cancels):
            self._task.uncancel()
        if self._task.cancelling() > self._cancelling:
            raise asyncio.CancelledError  # redis-py may have swallowed it: see python/cpython#86296
        if self._cancels and kind is asyncio.CancelledError:
            error = TimeoutError(f"no answer within {self._seconds:g} s")
        if isinstance(error, (RedisError, OSError)):
            # redis-py quotes the command, and so the value, in the error of a pipeline.
            if str(error).startswith("Command # "):
                error.args = (str(error).rpartition("caused error: ")[2],)
            what = f"{len(self._names)} keys" if self._names[1:] else repr(self._names[0].decode())
            raise CacheUnavailable(f"{self._doing} {what}") from error


async def _get(client: Any, name: bytes) -> bytes | None:
    return cast("bytes | None", (await client.mget(name))[0])  # GET would fail on a list or a hash


async def _put(client: Any, name: bytes, payload: bytes, expiry: int | None) -> None:
    """Send it, or add it to the pipeline that `client` is."""
    sent = client.unlink(name) if expiry == 0 else client.set(name, payload, px=expiry)
    if asyncio.iscoroutine(sent):
        await sent


def _batches(many: Iterable[T]) -> Iterator[list[T]]:
    left = iter(many)
    while batch := list(islice(left, BATCH)):
        yield batch
