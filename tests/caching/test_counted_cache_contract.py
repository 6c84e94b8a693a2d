"""`CountedCache` changes nothing of what a cache promises."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.decorators.counted_cache import CountedCache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock


class TestCounted(LeasingCacheContract):
    def make(self, clock: FakeClock) -> CountedCache[Any]:
        return CountedCache(MemoryCache(clock=clock))
