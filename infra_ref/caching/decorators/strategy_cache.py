"""Let a strategy decide what is kept, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from infra_ref.caching.decisions.arguments import checked_ttl
from infra_ref.caching.decorators.decorator import LeasingDecorator
from infra_ref.caching.leasing_port import Lease, LeasingCache
from infra_ref.caching.strategy_port import CacheStrategy

V = TypeVar("V")


class StrategyCache(LeasingDecorator[V]):
    """A `LeasingCache` around a `LeasingCache`.

    What the strategy would not cache is not stored, and what was there under
    its key is forgotten, for it is out of date. A `ttl` that is given wins over
    the strategy's.
    """

    def __init__(self, inner: LeasingCache[V], strategy: CacheStrategy[V]) -> None:
        super().__init__(inner)
        self._strategy = strategy

    @property
    def lacks(self) -> Mapping[str, str]:
        return {**super().lacks, "batches": "each value has a time to live of its own, so they go one by one"}

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        checked_ttl(ttl)
        if self._strategy.should_cache(key, value):
            await self.inner.set(key, value, ttl=self._ttl(key, value, ttl))
        else:
            await self.inner.delete(key)

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        for key, value in items.items():
            await self.set(key, value, ttl=ttl)

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        if self._strategy.should_cache(lease.key, value):
            return await self.inner.fill(lease, value, ttl=self._ttl(lease.key, value, ttl))
        return await self.inner.fill(lease, value, ttl=0)

    def _ttl(self, key: str, value: V, ttl: float | None) -> float | None:
        return self._strategy.get_ttl(key, value) if ttl is None else ttl
