"""A cache that keeps every rule, its store in memory, for broken ones to be made from.

Its store can be shared, cut off and damaged, so that a rule about a distant
store is broken in a millisecond. Real stores are in `tests/caching/benches.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from infra_ref.caching.leasing_port import Lease
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.clock import FakeClock
from infra_ref.contract import Contract

T = TypeVar("T")


def noting(registry: dict[str, T]) -> Callable[[str], Callable[[T], T]]:
    """Give a decorator `breaks(number)` that notes who breaks which rule, each rule once."""

    def breaks(number: str) -> Callable[[T], T]:
        def note(broken: T) -> T:
            assert number not in registry, number
            registry[number] = broken
            return broken

        return note

    return breaks


class Store:
    """What the instances of one store share."""

    def __init__(self) -> None:
        self.away = self.hanging = self.torn = self.was_cut = False
        self.damaged: set[str] = set()


class ModelCache(MemoryCache[Any]):
    lacks = {}  # noqa: RUF012 - a class variable of the base

    def __init__(self, clock: FakeClock, store: Store | None = None, *, first: bool = True) -> None:
        super().__init__(clock=clock)
        self.clock, self.store, self.first = clock, store or Store(), first

    def beside(self) -> Any:
        """Give another instance on the same store."""
        other = type(self)(self.clock, self.store, first=False)
        other._entries, other._leases = self._entries, self._leases
        return other

    async def reach(self) -> None:
        """Get to the store, or raise as every method must when it is away."""
        if self.store.away or self.store.hanging or self.store.torn:
            raise CacheUnavailable("reach it")

    def _live(self, key: str) -> Any:
        if key in self.store.damaged:
            self._entries.pop(key, None)
        return super()._live(key)

    def _store(self, key: str, entry: Any) -> None:
        self.store.damaged.discard(key)
        super()._store(key, entry)

    async def get(self, key: str, default: Any = None) -> Any:
        found = await super().get(key, default)  # refuses a bad key, also while the store is away
        await self.reach()
        return found

    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        if self.store.away or self.store.hanging or self.store.torn:
            await MemoryCache[Any]().set(key, value, ttl=ttl)
        await self.reach()
        await super().set(key, value, ttl=ttl)

    async def delete(self, key: str) -> bool:
        await self.reach()
        return await super().delete(key)

    async def exists(self, key: str) -> bool:
        await self.reach()
        return await super().exists(key)

    async def clear(self) -> None:
        await self.reach()
        await super().clear()

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, Any]:
        await self.reach()
        return await super().get_multiple(keys)

    async def set_multiple(self, items: Mapping[str, Any], *, ttl: float | None = None) -> None:
        await self.reach()
        await super().set_multiple(items, ttl=ttl)

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        await self.reach()
        return await super().delete_multiple(keys)

    async def invalidate_pattern(self, pattern: str) -> int:
        await self.reach()
        return await super().invalidate_pattern(pattern)

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        await self.reach()
        return await super().lease(key, seconds=seconds, live=live)

    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        await self.reach()
        return await super().fill(lease, value, ttl=ttl)


class ModelBench(Contract):
    """`cache` is the class under test; `dress` puts a decorator around it."""

    cache: Any = ModelCache

    def dress(self, cache: Any) -> Any:
        return cache

    def make(self, clock: FakeClock) -> Any:
        self.first = self.cache(clock)
        self.store = self.first.store
        return self.dress(self.first)

    async def another(self) -> Any:
        return self.dress(self.first.beside())

    async def neighbour(self) -> Any:
        return self.dress(self.cache(self.clock))

    @property
    def outage(self) -> Any:
        return self

    @property
    def wire(self) -> Any:
        return self

    async def cut(self) -> None:
        self.store.away = self.store.was_cut = True

    async def restore(self) -> None:
        self.store.away = False

    async def stall(self) -> None:
        self.store.hanging = True

    async def tear(self) -> None:
        self.store.torn = True

    async def plant(self, key: str, raw: bytes) -> bytes:
        self.store.damaged.add(key)
        return b"whole payload"
