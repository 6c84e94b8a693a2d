"""`FailSafeCache` changes nothing of what a cache promises while the store is there."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.decorators.fail_safe_cache import FailSafeCache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock


class TestFailSafeOnMemory(LeasingCacheContract):
    def make(self, clock: FakeClock) -> FailSafeCache[Any]:
        return FailSafeCache(MemoryCache(clock=clock))
