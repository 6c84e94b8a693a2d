"""`MemoryCache` keeps every rule of its contract."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock


class TestMemoryCache(LeasingCacheContract):
    def make(self, clock: FakeClock) -> MemoryCache[Any]:
        return MemoryCache(clock=clock)
