"""`StaleCache` keeps every rule of loading, and those of answering with a stale value."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.contracts.loading_contract import LoadingCacheContract
from infra_ref.caching.contracts.stale_contract import PAUSE, STALE_FOR, StaleCacheContract
from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.decorators.stale_cache import StaleCache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock


def made(clock: FakeClock) -> StaleCache[Any]:
    inner: Any = SingleFlightCache(MemoryCache(clock=clock))
    return StaleCache(inner, stale_for=STALE_FOR, pause=PAUSE, clock=clock)


class TestStaleOnMemory(LoadingCacheContract):
    def make(self, clock: FakeClock) -> StaleCache[Any]:
        return made(clock)


class TestStalenessOnMemory(StaleCacheContract):
    @property
    def wall(self) -> FakeClock:
        clock: FakeClock = self.clock
        return clock

    def make(self, clock: FakeClock) -> StaleCache[Any]:
        return made(clock)
