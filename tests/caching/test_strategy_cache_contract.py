"""`StrategyCache` changes nothing of what a cache promises, for values that are kept."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.decorators.strategy_cache import StrategyCache
from infra_ref.caching.entity_strategy import EntityStrategy
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock


class TestStrategyCache(LeasingCacheContract):
    def make(self, clock: FakeClock) -> StrategyCache[Any]:
        return StrategyCache(MemoryCache(clock=clock), EntityStrategy(ttl=60.0))
