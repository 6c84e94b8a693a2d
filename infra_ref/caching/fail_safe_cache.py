"""When the store is away: reads miss, writes are dropped, and nothing stale comes back with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from infra_ref.caching.decorator import LeasingDecorator
from infra_ref.caching.port import CacheUnavailable, Lease, LeasingCache, matching

V = TypeVar("V")
D = TypeVar("D")

MOST_OWED = 10_000
"""Keys to remember; beyond it, everything is forgotten once the store is back."""


class FailSafeCache(LeasingDecorator[V]):
    """A `LeasingCache` around a `LeasingCache` whose store may go away.

    `get`, `set`, `delete` and their kin no longer raise CacheUnavailable. A
    write that was dropped may have left an old value behind, so its key is
    *owed* a delete: until that has succeeded, reading the key is a miss.
    Processes that have not tried to write do not know of it; what they read
    is as old as its time to live at most. `lease`, `fill` and `release` still
    raise: whoever loads must know that it loads alone.
    """

    def __init__(self, inner: LeasingCache[V]) -> None:
        super().__init__(inner)
        self.missed_reads = 0
        self.dropped_writes = 0
        self._owed: dict[str, None] = {}
        self._owed_patterns: dict[str, None] = {}

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        try:
            await self._settle([key])
            return await self.inner.get(key, default)
        except CacheUnavailable:
            self.missed_reads += 1
            return default

    async def exists(self, key: str) -> bool:
        try:
            await self._settle([key])
            return await self.inner.exists(key)
        except CacheUnavailable:
            self.missed_reads += 1
            return False

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        keys = list(keys)
        try:
            await self._settle(keys)
            return await self.inner.get_multiple(keys)
        except CacheUnavailable:
            self.missed_reads += 1
            return {}

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        try:
            await self._settle([key])
            await self.inner.set(key, value, ttl=ttl)
        except CacheUnavailable:
            self._owe([key])

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        try:
            await self._settle(items)
            await self.inner.set_multiple(items, ttl=ttl)
        except CacheUnavailable:
            self._owe(items)

    async def delete(self, key: str) -> bool:
        return await self.delete_multiple([key]) > 0

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        keys = list(keys)
        try:
            return await self.inner.delete_multiple(keys)
        except CacheUnavailable:
            self._owe(keys)
            return 0

    async def clear(self) -> None:
        try:
            await self.inner.clear()
        except CacheUnavailable:
            self._owe_all("*")

    async def invalidate_pattern(self, pattern: str) -> int:
        try:
            return await self.inner.invalidate_pattern(pattern)
        except CacheUnavailable:
            self._owe_all(pattern)
            return 0

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        await self._settle([key])
        return await self.inner.lease(key, seconds=seconds, live=live)

    def _owe(self, keys: Iterable[str]) -> None:
        self.dropped_writes += 1
        self._owed |= dict.fromkeys(keys)
        if len(self._owed) > MOST_OWED:
            self._owed.clear()
            self._owed_patterns["*"] = None

    def _owe_all(self, pattern: str) -> None:
        self.dropped_writes += 1
        self._owed_patterns[pattern] = None

    async def _settle(self, keys: Iterable[str]) -> None:
        """Make up for what these keys are owed. Raises CacheUnavailable if it still cannot be."""
        if not self._owed and not self._owed_patterns:
            return
        for pattern in list(self._owed_patterns):
            if any(map(matching(pattern).fullmatch, keys)):
                await self.inner.invalidate_pattern(pattern)
                self._owed_patterns.pop(pattern, None)
        if owed := [key for key in keys if key in self._owed]:
            await self.inner.delete_multiple(owed)
            for key in owed:
                self._owed.pop(key, None)
