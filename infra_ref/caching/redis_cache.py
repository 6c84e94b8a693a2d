"""A cache on Redis or Valkey, shared by all processes that use its namespace."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from random import getrandbits
from typing import Any, Generic, TypeVar, cast
from zlib import crc32

from redis.asyncio import Redis

from infra_ref.caching.codec_port import Codec, UndecodableError
from infra_ref.caching.decisions.arguments import checked_key, checked_lease, checked_ttl, matching
from infra_ref.caching.leasing_port import Lease
from infra_ref.caching.port import ABSENT, CacheUnavailable
from infra_ref.caching.redis_store import RedisStore

V = TypeVar("V")
D = TypeVar("D")

# A payload is one of these, then 8 random bytes, so that a value that is stored again differs from
# itself; then, for a value, a checksum and what the codec wrote.
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

    def __init__(self, client: Redis, *, namespace: str, codec: Codec[V], timeout: float = 1.0) -> None:
        if not re.fullmatch(r"[A-Za-z0-9._/-]+", namespace):
            raise ValueError(
                f"a namespace has letters, digits and ._/- only, as in 'shop/users'; not {namespace!r}"
            )
        if not isinstance(client, Redis):
            raise TypeError(f"RedisCache takes a redis.asyncio.Redis, not a {type(client).__qualname__}")
        if client.connection_pool.connection_kwargs.get("decode_responses"):
            raise ValueError("RedisCache stores bytes: make its client without decode_responses=True")
        self._store, self._codec = RedisStore(client, timeout), codec
        self._prefix = f"{namespace}:".encode()

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        value = self._value(await self._store.read(self._name(key)))
        return default if value is _MISS else cast(V, value)

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        await self._store.write(self._name(key), self._payload(value), _milliseconds(ttl))

    async def delete(self, key: str) -> bool:
        return await self._store.remove([self._name(key)]) > 0

    async def exists(self, key: str) -> bool:
        return await self.get(key, _MISS) is not _MISS

    async def clear(self) -> None:
        await self.invalidate_pattern("*")

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        names = {key: self._name(key) for key in keys}
        values = map(self._value, await self._store.read_many(names.values()))
        return {key: value for key, value in zip(names, values, strict=True) if value is not _MISS}

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        payloads = {self._name(key): self._payload(value) for key, value in items.items()}
        await self._store.write_many(payloads, _milliseconds(ttl))

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        return await self._store.remove({self._name(key) for key in keys})

    async def invalidate_pattern(self, pattern: str) -> int:
        # Redis reads `?` as one byte and `[...]` as a set: ask it for a superset, and choose here.
        parts = re.findall(r"\\.|.", pattern, re.DOTALL)
        loose = "".join(
            "*" if part in "*?" else re.sub(r"([*?\[\]\\^-])", r"\\\1", part[-1]) for part in parts
        )
        exact, start = matching(pattern), len(self._prefix)

        def chosen(name: bytes) -> bool:
            return exact.fullmatch(name[start:].decode(errors="replace")) is not None

        return await self._store.sweep(self._prefix + loose.encode(), chosen)

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        name, token = self._name(key), _LEASE + secrets.token_bytes(16)
        expiry = _milliseconds(checked_lease(seconds))
        try:
            held = await self._store.claim(name, token, expiry)
            if held is None or held == token:  # the client asked twice: an answer was lost
                return Lease(key, token)
            if held.startswith(_LEASE):
                return None
            if self._value(held) is not _MISS:
                return Lease(key, held) if live else None
            await self._store.write(name, token, expiry)
            return Lease(key, token)
        except asyncio.CancelledError:
            with suppress(CacheUnavailable):  # the store may have granted it
                await self.release(Lease(key, token))
            raise

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        payload, expiry = self._payload(value), _milliseconds(ttl)
        return await self._store.swap(self._name(lease.key), cast(bytes, lease.token), payload, expiry)

    async def release(self, lease: Lease) -> None:
        token = cast(bytes, lease.token)
        if token.startswith(_LEASE):
            await self._store.swap(self._name(lease.key), token, b"", 0)

    def _name(self, key: str) -> bytes:
        return self._prefix + checked_key(key).encode()

    def _payload(self, value: V) -> bytes:
        mark = getrandbits(64).to_bytes(8)
        if value is ABSENT:
            return _ABSENT + mark
        body = self._codec.encode(value)
        return _VALUE + mark + crc32(body).to_bytes(4) + body

    def _value(self, payload: bytes | None) -> Any:
        """Return the value, or `_MISS` for a lease, a damaged payload or another program's."""
        if payload is None:
            return _MISS
        body = payload[13:]
        if payload[:1] == _VALUE and payload[9:13] == crc32(body).to_bytes(4):
            try:
                return self._codec.decode(body)
            except UndecodableError:
                return _MISS
        return ABSENT if payload[:1] == _ABSENT and len(payload) == 9 else _MISS


def _milliseconds(ttl: float | None) -> int | None:
    seconds = checked_ttl(ttl)
    return None if seconds is None else round(seconds * 1000)
