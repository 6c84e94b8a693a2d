"""A cache entry without an end: one lost delete, and the old price stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock

UNIT = "of 24 hours the old price was shown"
HOUR = 3600.0

Prices = dict[str, int]
Price = Callable[["MemoryCache[int]", Prices, str], Awaitable[int]]


async def bad(cache: MemoryCache[int], prices: Prices, sku: str) -> int:
    """Return the price, from the cache where it is known."""
    if (kept := await cache.get(sku)) is not None:
        return kept
    await cache.set(sku, prices[sku])
    return prices[sku]


async def repaired(cache: MemoryCache[int], prices: Prices, sku: str) -> int:
    """Return the price, from the cache where it was known within the hour."""
    if (kept := await cache.get(sku)) is not None:
        return kept
    await cache.set(sku, prices[sku], ttl=HOUR)
    return prices[sku]


async def measure(price: Price) -> int:
    """Return in how many of the 24 hours behind a change, whose delete got lost, the old price is shown."""
    clock = FakeClock()
    cache, prices = MemoryCache[int](clock=clock), {"lamp": 40}
    await price(cache, prices, "lamp")
    prices["lamp"] = 50
    wrong = 0
    for _ in range(24):
        wrong += await price(cache, prices, "lamp") != prices["lamp"]
        await clock.advance(HOUR)
    return wrong
