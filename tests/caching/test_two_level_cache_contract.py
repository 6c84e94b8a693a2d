"""`TwoLevelCache` keeps every rule of a distributed cache, with both levels in memory."""

from __future__ import annotations

from typing import Any, ClassVar

from infra_ref.caching.contracts.distributed_contract import DistributedCacheContract
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.two_level_cache import TwoLevelCache
from infra_ref.clock import FakeClock


class TestTwoLevelOnMemory(DistributedCacheContract):
    lacks: ClassVar = {
        "plant": "both levels hold values",
        "neighbour": "its memory has one namespace",
        "outage": "memory does not go away",
        "wire": "there is no wire to memory",
    }

    def make(self, clock: FakeClock) -> TwoLevelCache[Any]:
        return TwoLevelCache(MemoryCache(clock=clock), MemoryCache(clock=clock), local_seconds=0.1)
