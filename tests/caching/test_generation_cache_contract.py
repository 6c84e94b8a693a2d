"""`GenerationCache` changes nothing of what a cache promises."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.decorators.generation_cache import GenerationCache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock


class TestGenerationOnMemory(LeasingCacheContract):
    def make(self, clock: FakeClock) -> GenerationCache[Any]:
        return GenerationCache(MemoryCache(clock=clock), MemoryCache(), clock=clock)
