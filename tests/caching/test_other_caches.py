"""The decorators, the two-level cache, the strategy and the invalidator keep their rules."""

from __future__ import annotations

from functools import cached_property
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
from tests.caching.benches import TIMEOUT, FakeRedisBench, JumpingClock, ValkeyBench


class SingleFlight:
    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return SingleFlightCache(cache)


class TestSingleFlightOnFakeredis(SingleFlight, FakeRedisBench, LoadingCacheContract):
    pass


class TestSingleFlightOnValkey(SingleFlight, ValkeyBench, LoadingCacheContract):
    pass


class Stale:
    codec: Any = PydanticCodec(Aged[Any])

    @cached_property
    def wall(self) -> Any:
        return JumpingClock()

    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        if clock is not None:
            self.wall = clock
        return StaleCache(SingleFlightCache(cache), stale_for=STALE_FOR, pause=PAUSE, clock=self.wall)


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


class Generation:
    believe_for = 0.001

    def dress(self: Any, cache: Any, clock: FakeClock | None) -> Any:
        client = self.client()
        self.opened.push_async_callback(client.aclose)
        namespace = cache._prefix.decode()[:-1] + "-generation"
        generations = RedisCache(client, namespace=namespace, codec=JsonCodec(), timeout=TIMEOUT)
        return GenerationCache(cache, generations, believe_for=self.believe_for)


class TestGenerationOnFakeredis(Generation, FakeRedisBench, LeasingCacheContract):
    lacks: ClassVar = {**FakeRedisBench.lacks, "plant": "keys are kept under names that change"}
    believe_for = 0


class TestGenerationOnValkey(Generation, ValkeyBench, LeasingCacheContract):
    lacks: ClassVar = {"plant": "keys are kept under names that change"}


class TestTwoLevelOnValkey(ValkeyBench, DistributedCacheContract):
    lacks: ClassVar = {"plant": "the local level does not see it until its copy is over"}

    def dress(self, cache: Any, clock: FakeClock | None) -> Any:
        return TwoLevelCache(MemoryCache(), cache, local_seconds=0.1)
