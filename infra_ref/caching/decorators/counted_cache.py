"""Count what a cache is good for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from infra_ref.caching.decorators.decorator import LeasingDecorator
from infra_ref.caching.leasing_port import LeasingCache

V = TypeVar("V")
D = TypeVar("D")

_MISS = object()


@dataclass(slots=True)
class CacheStats:
    """How many keys were asked for and found, and not found."""

    hits: int = 0
    misses: int = 0

    @property
    def hit_ratio(self) -> float | None:
        """Hits out of all, 0 to 1; None while nothing was asked for."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


class CountedCache(LeasingDecorator[V]):
    """A `LeasingCache` around a `LeasingCache`, with `stats`. A call that raises counts as neither."""

    def __init__(self, inner: LeasingCache[V]) -> None:
        super().__init__(inner)
        self.stats = CacheStats()

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        value = await self.inner.get(key, _MISS)
        if value is _MISS:
            self.stats.misses += 1
            return default
        self.stats.hits += 1
        return value  # type: ignore[return-value]  # it is not _MISS

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        asked = dict.fromkeys(keys)
        found = await self.inner.get_multiple(asked)
        self.stats.hits += len(found)
        self.stats.misses += len(asked) - len(found)
        return found
