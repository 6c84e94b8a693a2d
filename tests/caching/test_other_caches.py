"""The decorators, the two-level cache, the strategy and the invalidator keep their rules."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from infra_ref.caching.cache_invalidator import CacheInvalidator
from infra_ref.caching.contracts.distributed_contract import DistributedCacheContract
from infra_ref.caching.contracts.fail_safe_contract import FailSafeCacheContract
from infra_ref.caching.contracts.invalidator_contract import InvalidatorContract
from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.contracts.loading_contract import LoadingCacheContract
from infra_ref.caching.contracts.stale_contract import PAUSE, STALE_FOR, StaleCacheContract
from infra_ref.caching.contracts.strategy_contract import CacheStrategyContract
from infra_ref.caching.decorators.counted_cache import CountedCache
from infra_ref.caching.decorators.fail_safe_cache import FailSafeCache
from infra_ref.caching.decorators.generation_cache import GenerationCache
from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.decorators.stale_cache import Aged, StaleCache
from infra_ref.caching.decorators.strategy_cache import StrategyCache
from infra_ref.caching.entity_strategy import EntityStrategy
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.two_level_cache import TwoLevelCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.caching.value_codecs.pydantic_codec import PydanticCodec
from infra_ref.clock import FakeClock
from tests.caching.benches import FakeRedisBench, MemoryBench, ValkeyBench


class SingleFlight:
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return SingleFlightCache(cache)


class TestSingleFlightOnMemory(SingleFlight, MemoryBench, LoadingCacheContract):
    pass


class TestSingleFlightOnFakeredis(SingleFlight, FakeRedisBench, LoadingCacheContract):
    pass


class TestSingleFlightOnValkey(SingleFlight, ValkeyBench, LoadingCacheContract):
    pass


class Stale:
    codec: Any = PydanticCodec(Aged[Any])

    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return StaleCache(SingleFlightCache(cache), stale_for=STALE_FOR, pause=PAUSE, clock=clock)


class TestStaleOnMemory(Stale, MemoryBench, LoadingCacheContract):
    pass


class TestStaleOnFakeredis(Stale, FakeRedisBench, LoadingCacheContract):
    pass


class TestStalenessOnMemory(Stale, MemoryBench, StaleCacheContract):
    pass


class TestStalenessOnFakeredis(Stale, FakeRedisBench, StaleCacheContract):
    pass


class TestStalenessOnValkey(Stale, ValkeyBench, StaleCacheContract):
    pass


class FailSafe:
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return FailSafeCache(cache)


class TestFailSafeOnMemory(FailSafe, MemoryBench, LeasingCacheContract):
    pass


class TestFailSafeOnValkey(FailSafe, ValkeyBench, LeasingCacheContract):
    pass


class TestOutageOnFakeredis(FailSafe, FakeRedisBench, FailSafeCacheContract):
    pass


class TestOutageOnValkey(FailSafe, ValkeyBench, FailSafeCacheContract):
    pass


class TestLoadingThroughFailSafeOnValkey(ValkeyBench, LoadingCacheContract):
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return SingleFlightCache(FailSafeCache(cache))


class TestCounted(MemoryBench, LeasingCacheContract):
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return CountedCache(cache)


class TestStrategyCache(MemoryBench, LeasingCacheContract):
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return StrategyCache(cache, EntityStrategy(ttl=60.0))


class TestGenerationOnMemory(MemoryBench, LeasingCacheContract):
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return GenerationCache(cache, MemoryCache(), clock=clock)


class TestGenerationOnFakeredis(FakeRedisBench, LeasingCacheContract):
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        client = self.client()
        self.opened.push_async_callback(client.aclose)
        generations = RedisCache(
            client, namespace=cache._prefix.decode()[:-1] + "-generation", codec=JsonCodec()
        )
        return GenerationCache(cache, generations, believe_for=0)

    lacks: ClassVar = {**FakeRedisBench.lacks, "plant": "keys are kept under names that change"}


class TestTwoLevelOnMemory(MemoryBench, DistributedCacheContract):
    lacks: ClassVar = {
        "plant": "both levels hold values",
        "neighbour": "its memory has one namespace",
        "outage": "memory does not go away",
        "wire": "there is no wire to memory",
    }

    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return TwoLevelCache(MemoryCache(clock=clock), cache, local_seconds=0.1)


class TestTwoLevelOnValkey(ValkeyBench, DistributedCacheContract):
    lacks: ClassVar = {"plant": "the local level does not see it until its copy is over"}

    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return TwoLevelCache(MemoryCache(), cache, local_seconds=0.1)


class TestEntityStrategy(CacheStrategyContract):
    bounds = (90.0, 110.0)
    stale_after = "user.changed"

    def make(self) -> EntityStrategy[Any]:
        return EntityStrategy(ttl=100.0, jitter=0.1, stale_after={"user.changed"}, random=random.Random(7))


class TestCacheInvalidator(InvalidatorContract):
    def make(self) -> CacheInvalidator:
        self.cache: MemoryCache[Any] = MemoryCache()
        strategy: EntityStrategy[Any] = EntityStrategy(ttl=60.0, stale_after={"user.changed"})
        return CacheInvalidator(self.cache, strategy, prefix="user")
