"""What the decorators of a cache share: everything is handed on to `inner` unless overridden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from infra_ref.caching.leasing_port import Lease, LeasingCache
from infra_ref.caching.port import DistributedCache

V = TypeVar("V")
D = TypeVar("D")


class CacheDecorator(Generic[V]):
    """A `DistributedCache` around a `DistributedCache`."""

    def __init__(self, inner: DistributedCache[V]) -> None:
        self.inner = inner

    @property
    def lacks(self) -> Mapping[str, str]:
        """A decorator is exempt from what its inner cache is exempt from."""
        return getattr(self.inner, "lacks", {})

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        return await self.inner.get(key, default)

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        await self.inner.set(key, value, ttl=ttl)

    async def delete(self, key: str) -> bool:
        return await self.inner.delete(key)

    async def exists(self, key: str) -> bool:
        return await self.inner.exists(key)

    async def clear(self) -> None:
        await self.inner.clear()

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        return await self.inner.get_multiple(keys)

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        await self.inner.set_multiple(items, ttl=ttl)

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        return await self.inner.delete_multiple(keys)

    async def invalidate_pattern(self, pattern: str) -> int:
        return await self.inner.invalidate_pattern(pattern)


class LeasingDecorator(CacheDecorator[V]):
    """A `LeasingCache` around a `LeasingCache`."""

    inner: LeasingCache[V]

    def __init__(self, inner: LeasingCache[V]) -> None:
        super().__init__(inner)

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        return await self.inner.lease(key, seconds=seconds, live=live)

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        return await self.inner.fill(lease, value, ttl=ttl)

    async def release(self, lease: Lease) -> None:
        await self.inner.release(lease)
