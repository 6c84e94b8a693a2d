"""When the store is away: reads miss, writes are dropped, and nothing stale comes back with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

from infra_ref.caching.decisions.arguments import matching
from infra_ref.caching.decorators.decorator import LeasingDecorator
from infra_ref.caching.leasing_port import Lease, LeasingCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.single_flight import SingleFlight

V = TypeVar("V")
D = TypeVar("D")
T = TypeVar("T")

MOST_OWED = 10_000
MOST_PATTERNS_OWED = 100
"""To remember; beyond these, everything is forgotten once the store is back."""


class FailSafeCache(LeasingDecorator[V]):
    """A `LeasingCache` around a `LeasingCache` whose store may go away.

    No method but the three of leases raises CacheUnavailable. A
    write that was dropped may have left an old value behind, so its key is
    *owed* a delete: until that has succeeded, reading the key is a miss.
    Processes that have not tried to write do not know of it; what they read
    is as old as its time to live at most. `lease`, `fill` and `release` do
    raise: whoever loads must know that it loads alone.
    """

    def __init__(self, inner: LeasingCache[V]) -> None:
        super().__init__(inner)
        self.missed_reads = 0
        self.dropped_writes = 0
        # Each debt is an object of its own: one that is paid is not taken for another that came meanwhile.
        self._owed: dict[str, object] = {}
        self._owed_patterns: dict[str, object] = {}
        self._sweeps: SingleFlight[str, None] = SingleFlight()

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        return await self._read([key], lambda: self.inner.get(key, default), missed=default)

    async def exists(self, key: str) -> bool:
        return await self._read([key], lambda: self.inner.exists(key), missed=False)

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        keys = list(keys)
        return await self._read(keys, lambda: self.inner.get_multiple(keys), missed={})

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        await self._write([key], lambda: self.inner.set(key, value, ttl=ttl))

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        await self._write(items, lambda: self.inner.set_multiple(items, ttl=ttl))

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
            self._owe(patterns=["*"])

    async def invalidate_pattern(self, pattern: str) -> int:
        try:
            return await self.inner.invalidate_pattern(pattern)
        except CacheUnavailable:
            self._owe(patterns=[pattern])
            return 0

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        await self._settle([key])
        return await self.inner.lease(key, seconds=seconds, live=live)

    async def _read(self, keys: Iterable[str], read: Callable[[], Awaitable[T]], *, missed: T) -> T:
        try:
            await self._settle(keys)
            return await read()
        except CacheUnavailable:
            self.missed_reads += 1
            return missed

    async def _write(self, keys: Iterable[str], write: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._settle(keys)
            await write()
        except CacheUnavailable:
            self._owe(keys)

    def _owe(self, keys: Iterable[str] = (), *, patterns: Iterable[str] = ()) -> None:
        self.dropped_writes += 1
        self._owed |= dict.fromkeys(keys, object())
        self._owed_patterns |= dict.fromkeys(patterns, object())
        if len(self._owed) > MOST_OWED or len(self._owed_patterns) > MOST_PATTERNS_OWED:
            self._owed, self._owed_patterns = {}, {"*": object()}

    async def _settle(self, keys: Iterable[str]) -> None:
        """Make up for what these keys are owed. Raises CacheUnavailable if it still cannot be."""
        for pattern in list(self._owed_patterns):
            if any(map(matching(pattern).fullmatch, keys)):
                while pattern in self._owed_patterns:
                    # Once for all who wait: a sweep looks at every key, and would undo what is set meanwhile.
                    await self._sweeps.run(pattern, partial(self._sweep, pattern))
        while owed := {key: self._owed[key] for key in keys if key in self._owed}:
            await self.inner.delete_multiple(list(owed))
            for key, debt in owed.items():
                if self._owed.get(key) is debt:
                    del self._owed[key]

    async def _sweep(self, pattern: str) -> None:
        debt = self._owed_patterns.get(pattern)
        await self.inner.invalidate_pattern(pattern)
        if self._owed_patterns.get(pattern) is debt:
            self._owed_patterns.pop(pattern, None)
