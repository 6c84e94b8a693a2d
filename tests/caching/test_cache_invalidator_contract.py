"""`CacheInvalidator` keeps every rule of its contract."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.cache_invalidator import CacheInvalidator
from infra_ref.caching.contracts.invalidator_contract import InvalidatorContract
from infra_ref.caching.entity_strategy import EntityStrategy
from infra_ref.caching.memory_cache import MemoryCache


class TestCacheInvalidator(InvalidatorContract):
    def make(self) -> CacheInvalidator:
        self.cache: MemoryCache[Any] = MemoryCache()
        strategy: EntityStrategy[Any] = EntityStrategy(ttl=60.0, stale_after={"user.changed"})
        return CacheInvalidator(self.cache, strategy, prefix="user")
