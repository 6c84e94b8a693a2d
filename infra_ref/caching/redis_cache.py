"""A cache on Redis or Valkey, shared by all processes that use its namespace."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from random import getrandbits
from types import TracebackType
from typing import Any, ClassVar, Generic, TypeVar, cast
from zlib import crc32

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError, WatchError

from infra_ref.caching.port import (
    ABSENT,
    CacheUnavailable,
    Codec,
    Lease,
    UndecodableError,
    checked_key,
    checked_lease,
    checked_ttl,
    matching,
)

V = TypeVar("V")
D = TypeVar("D")
T = TypeVar("T")

BATCH = 1000
"""Keys that one trip takes at most: enough to be quick, few enough that other clients hardly wait."""

# What is stored: one of these and a mark of its own, so that a value that is stored again differs
# from itself; behind a value's mark a checksum and what the codec wrote.
_VALUE, _ABSENT, _LEASE = b"\x01", b"\x02", b"\x03"
_MISS = object()


class RedisCache(Generic[V]):
    """A `LeasingCache` on Redis or Valkey, for values that `codec` can write.

    Keys are stored as `namespace:key`. The namespace has letters, digits and
    `._/-` only, so no cache can reach into another's. Every trip ends within
    `timeout` seconds. `client` must give bytes (no `decode_responses`), and
    whoever made it closes it. A cluster is not supported: it keeps the keys of
    one trip in different places. Leases need Valkey, or Redis 7.0 or newer.
    """

    lacks: ClassVar[Mapping[str, str]] = {}

    def __init__(self, client: Redis, *, namespace: str, codec: Codec[V], timeout: float = 1.0) -> None:
        if not re.fullmatch(r"[A-Za-z0-9._/-]+", namespace):
            raise ValueError(
                f"a namespace has letters, digits and ._/- only, as in 'shop/users'; not {namespace!r}"
            )
        if not isinstance(client, Redis):
            raise TypeError(f"RedisCache takes a redis.asyncio.Redis, not a {type(client).__qualname__}")
        if client.connection_pool.connection_kwargs.get("decode_responses"):
            raise ValueError("RedisCache stores bytes: make its client without decode_responses=True")
        self._client, self._codec, self._timeout = client, codec, timeout
        self._prefix = f"{namespace}:".encode()

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        name = self._name(key)
        async with self._trip(f"get {key!r}"):
            value = self._opened(await self._raw(self._client, name))
        return default if value is _MISS else cast(V, value)

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        name, sealed, expiry = self._name(key), self._sealed(value), _milliseconds(ttl)
        async with self._trip(f"set {key!r}"):
            await _write(self._client, name, sealed, expiry)

    async def delete(self, key: str) -> bool:
        name = self._name(key)
        async with self._trip(f"delete {key!r}"):
            return await self._client.unlink(name) > 0

    async def exists(self, key: str) -> bool:
        return await self.get(key, _MISS) is not _MISS

    async def clear(self) -> None:
        await self._sweep(b"*", matching("*"))

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        names = {key: self._name(key) for key in keys}
        found: dict[str, V] = {}
        for batch in _batches(names.items()):
            async with self._trip(f"get {len(batch)} keys"):
                raw = await self._client.mget([name for _, name in batch])
            opened = zip(batch, map(self._opened, raw), strict=True)
            found |= {key: value for (key, _), value in opened if value is not _MISS}
        return found

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        expiry = _milliseconds(ttl)
        sealed = {self._name(key): self._sealed(value) for key, value in items.items()}
        for batch in _batches(sealed.items()):
            async with self._trip(f"set {len(batch)} keys"), self._client.pipeline(transaction=False) as pipe:
                for name, payload in batch:
                    await _write(pipe, name, payload, expiry)
                await pipe.execute()

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        gone = 0
        for batch in _batches({self._name(key) for key in keys}):
            async with self._trip(f"delete {len(batch)} keys"):
                gone += await self._client.unlink(*batch)
        return gone

    async def invalidate_pattern(self, pattern: str) -> int:
        # Redis reads `?` as one byte and `[...]` as a set: ask it for a superset, and pick here.
        parts = re.findall(r"\\.|.", pattern, re.DOTALL)
        loose = "".join(
            "*" if part in "*?" else re.sub(r"([*?\[\]\\^-])", r"\\\1", part[-1]) for part in parts
        )
        return await self._sweep(loose.encode(), matching(pattern))

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        name, mine = self._name(key), Lease(key, _LEASE + secrets.token_bytes(16))
        expiry = _milliseconds(checked_lease(seconds))
        try:
            async with self._trip(f"lease {key!r}"):
                held = await self._claim(name, mine.token, expiry)
                if held is None or held == mine.token:  # the client asked twice: an answer was lost
                    return mine
                if held.startswith(_LEASE):
                    return None
                if self._opened(held) is not _MISS:
                    return Lease(key, held) if live else None
                await self._client.set(name, cast(bytes, mine.token), px=expiry)
                return mine
        except asyncio.CancelledError:
            with suppress(
                CacheUnavailable
            ):  # the store may have given it: nobody should wait for it to lapse
                await self.release(mine)
            raise

    async def _claim(self, name: bytes, token: Any, expiry: int | None) -> bytes | None:
        """Store the token if there is nothing; return what there was."""
        try:
            return cast("bytes | None", await self._client.set(name, token, px=expiry, nx=True, get=True))
        except ResponseError as error:
            if str(error).startswith("WRONGTYPE"):
                return b""  # somebody else's list or hash under our name
            if "syntax" in str(error):
                raise RuntimeError(
                    "this server does not know SET with NX and GET, which a lease takes: "
                    "use Valkey, or Redis 7.0 or newer"
                ) from error
            raise

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        return await self._swap(lease, self._sealed(value), _milliseconds(ttl))

    async def release(self, lease: Lease) -> None:
        if cast(bytes, lease.token).startswith(_LEASE):
            await self._swap(lease, b"", 0)

    async def _swap(self, lease: Lease, payload: bytes, expiry: int | None) -> bool:
        """Write if the key still holds the lease's token. Without Lua, which not every backend has."""
        name = self._name(lease.key)
        # redis-py unwatches on its way out of a pipeline: the last tenth of the time is for that.
        async with (
            self._trip(f"fill {lease.key!r}"),
            asyncio.timeout(0.9 * self._timeout),
            self._client.pipeline() as pipe,
        ):
            await pipe.watch(name)
            if await self._raw(pipe, name) != lease.token:
                return False
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py
            await _write(pipe, name, payload, expiry)
            try:
                await pipe.execute()
            except WatchError:
                return False
            return True

    async def _sweep(self, loose: bytes, exact: re.Pattern[str]) -> int:
        cursor, gone = 0, 0
        while True:
            async with self._trip("sweep its keys"):
                cursor, found = await self._client.scan(cursor, match=self._prefix + loose, count=BATCH)
                names = cast(list[bytes], found)
                hit = [
                    name
                    for name in names
                    if exact.fullmatch(name[len(self._prefix) :].decode(errors="replace"))
                ]
                gone += await self._client.unlink(*hit) if hit else 0
            if cursor == 0:
                return gone

    def _trip(self, doing: str) -> _Trip:
        return _Trip(doing, self._timeout)

    @staticmethod
    async def _raw(client: Any, name: bytes) -> bytes | None:
        try:
            return cast("bytes | None", await client.get(name))
        except ResponseError as error:
            if str(error).startswith("WRONGTYPE"):
                return b""  # somebody else's list or hash under our name
            raise

    def _name(self, key: str) -> bytes:
        return self._prefix + checked_key(key).encode()

    def _sealed(self, value: V) -> bytes:
        mark = getrandbits(64).to_bytes(8)
        if value is ABSENT:
            return _ABSENT + mark
        body = self._codec.encode(value)
        return _VALUE + mark + crc32(body).to_bytes(4) + body

    def _opened(self, payload: Any) -> Any:
        if payload is None:
            return _MISS
        body = payload[13:]
        if payload[:1] == _VALUE and payload[9:13] == crc32(body).to_bytes(4):
            try:
                return self._codec.decode(body)
            except UndecodableError:
                return _MISS
        is_absent = payload[:1] == _ABSENT and len(payload) == 9
        return ABSENT if is_absent else _MISS  # a lease, cut short, or not ours


class _Trip:
    """One exchange with the store: over in time, and CacheUnavailable if it fails.

    A class, for an `asynccontextmanager` would add 5 % to every `get`.
    """

    __slots__ = ("_doing", "_limit")

    def __init__(self, doing: str, seconds: float) -> None:
        self._doing, self._limit = doing, asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError as late:
            error = late
        if isinstance(error, (RedisError, OSError)):
            # redis-py quotes the command, and so the value, in what it says of a pipeline.
            if str(error).startswith("Command # "):
                error.args = (str(error).rpartition("caused error: ")[2],)
            raise CacheUnavailable(self._doing) from error


async def _write(client: Any, name: bytes, payload: bytes, expiry: int | None) -> None:
    """Send it, or put it into the pipeline that `client` is."""
    sent = client.unlink(name) if expiry == 0 else client.set(name, payload, px=expiry)
    if asyncio.iscoroutine(sent):
        await sent


def _batches(many: Iterable[T]) -> Iterator[list[T]]:
    left = iter(many)
    while batch := list(islice(left, BATCH)):
        yield batch


def _milliseconds(ttl: float | None) -> int | None:
    seconds = checked_ttl(ttl)
    return None if seconds is None else round(seconds * 1000)
