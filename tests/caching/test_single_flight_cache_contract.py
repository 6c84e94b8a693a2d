"""`SingleFlightCache` keeps every rule of loading, around a cache in memory."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.contracts.loading_contract import LoadingCacheContract
from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock


class TestSingleFlightOnMemory(LoadingCacheContract):
    def make(self, clock: FakeClock) -> SingleFlightCache[Any]:
        return SingleFlightCache(MemoryCache(clock=clock))
