"""The decorators, the two-level cache, the strategy and the invalidator keep their rules."""

from __future__ import annotations

from typing import Any, ClassVar

from infra_ref.caching.contracts.distributed_contract import DistributedCacheContract
from infra_ref.caching.contracts.fail_safe_contract import FailSafeCacheContract
from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.contracts.loading_contract import LoadingCacheContract
from infra_ref.caching.contracts.stale_contract import PAUSE, STALE_FOR, StaleCacheContract
from infra_ref.caching.decorators.fail_safe_cache import FailSafeCache
from infra_ref.caching.decorators.generation_cache import GenerationCache
from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.decorators.stale_cache import Aged, StaleCache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.two_level_cache import TwoLevelCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.caching.value_codecs.pydantic_codec import PydanticCodec
from infra_ref.clock import FakeClock
from tests.caching.benches import FakeRedisBench, ValkeyBench


class SingleFlight:
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return SingleFlightCache(cache)


class TestSingleFlightOnFakeredis(SingleFlight, FakeRedisBench, LoadingCacheContract):
    pass


class TestSingleFlightOnValkey(SingleFlight, ValkeyBench, LoadingCacheContract):
    pass


class Stale:
    codec: Any = PydanticCodec(Aged[Any])

    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return StaleCache(SingleFlightCache(cache), stale_for=STALE_FOR, pause=PAUSE, clock=clock)


class TestStaleOnFakeredis(Stale, FakeRedisBench, LoadingCacheContract):
    pass


class TestStalenessOnFakeredis(Stale, FakeRedisBench, StaleCacheContract):
    pass


class TestStalenessOnValkey(Stale, ValkeyBench, StaleCacheContract):
    pass


class FailSafe:
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return FailSafeCache(cache)


class TestFailSafeOnValkey(FailSafe, ValkeyBench, LeasingCacheContract):
    pass


class TestOutageOnFakeredis(FailSafe, FakeRedisBench, FailSafeCacheContract):
    pass


class TestOutageOnValkey(FailSafe, ValkeyBench, FailSafeCacheContract):
    pass


class TestLoadingThroughFailSafeOnValkey(ValkeyBench, LoadingCacheContract):
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return SingleFlightCache(FailSafeCache(cache))


class TestGenerationOnFakeredis(FakeRedisBench, LeasingCacheContract):
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        client = self.client()
        self.opened.push_async_callback(client.aclose)
        generations = RedisCache(
            client, namespace=cache._prefix.decode()[:-1] + "-generation", codec=JsonCodec()
        )
        return GenerationCache(cache, generations, believe_for=0)

    lacks: ClassVar = {**FakeRedisBench.lacks, "plant": "keys are kept under names that change"}


class TestTwoLevelOnValkey(ValkeyBench, DistributedCacheContract):
    lacks: ClassVar = {"plant": "the local level does not see it until its copy is over"}

    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return TwoLevelCache(MemoryCache(), cache, local_seconds=0.1)
