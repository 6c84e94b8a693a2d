"""Every rule has a broken adapter that fails it, and fails no other."""

from __future__ import annotations

import random
from typing import Any

import pytest

from infra_ref.caching.cache_invalidator import CacheInvalidator
from infra_ref.caching.contracts.cache_contract import CacheContract
from infra_ref.caching.contracts.distributed_contract import DistributedCacheContract
from infra_ref.caching.contracts.fail_safe_contract import FailSafeCacheContract
from infra_ref.caching.contracts.invalidator_contract import InvalidatorContract
from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.contracts.loading_contract import LoadingCacheContract
from infra_ref.caching.contracts.stale_contract import PAUSE, STALE_FOR, StaleCacheContract
from infra_ref.caching.contracts.strategy_contract import CacheStrategyContract
from infra_ref.caching.decorators.fail_safe_cache import FailSafeCache
from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.decorators.stale_cache import StaleCache
from infra_ref.caching.entity_strategy import EntityStrategy
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.contract import Contract, run
from tests.caching.broken import caches, leases, loads, others
from tests.caching.broken.model import ModelBench


def held_to(contract: type[Contract], cache: Any, decorator: Any = None) -> Any:
    more = {"cache": cache}
    if decorator is not None:
        more["dress"] = lambda self, inner: decorator(inner)
    return type("Held", (ModelBench, contract), more)


def numbers(contract: type[Contract], than: type[Contract] | None = None) -> list[str]:
    base = {one.number for one in than.rules()} if than else set()
    return [one.number for one in contract.rules() if one.number not in base]


def contract_of(number: str) -> type[Contract]:
    prefix = number.split("-", maxsplit=1)[0]
    return {"CACHE": CacheContract, "MULTI": DistributedCacheContract, "LEASE": LeasingCacheContract}[prefix]


@pytest.mark.parametrize("contract", [LeasingCacheContract, LoadingCacheContract])
def test_the_model_keeps_every_rule(contract: type[Contract]) -> None:
    decorator = SingleFlightCache if contract is LoadingCacheContract else None
    report = run(held_to(contract, ModelBench.cache, decorator).verify())
    assert (report.broken, report.exempt) == ((), ()), report


@pytest.mark.parametrize("number", [*caches.BROKEN, *leases.BROKEN])
def test_a_broken_cache_fails_its_own_rule(number: str) -> None:
    broken = {**caches.BROKEN, **leases.BROKEN}[number]
    report = run(held_to(contract_of(number), broken).verify())
    assert report.broken == (number,), report


@pytest.mark.parametrize("number", loads.BROKEN)
def test_a_broken_single_flight_fails_its_own_rule(number: str) -> None:
    decorator, inner = loads.BROKEN[number]
    report = run(held_to(LoadingCacheContract, inner, decorator).verify())
    assert report.broken == (number,), report


def test_no_rule_is_without_one() -> None:
    assert list(caches.BROKEN) == numbers(DistributedCacheContract)
    assert list(leases.BROKEN) == numbers(LeasingCacheContract, DistributedCacheContract)
    assert list(loads.BROKEN) == numbers(LoadingCacheContract, DistributedCacheContract)


class StaleBench(ModelBench, StaleCacheContract):
    @property
    def wall(self) -> Any:
        return self.clock

    def dress(self, cache: Any) -> Any:
        loading: Any = SingleFlightCache(cache)
        return self.under_test(loading, stale_for=STALE_FOR, pause=PAUSE, clock=self.clock)

    under_test = StaleCache


class FailSafeBench(ModelBench, FailSafeCacheContract):
    def dress(self, cache: Any) -> Any:
        return self.under_test(cache)

    under_test = FailSafeCache


class StrategyBench(CacheStrategyContract):
    bounds = (90.0, 110.0)
    stale_after = "user.changed"
    under_test = EntityStrategy

    def make(self) -> Any:
        return self.under_test(ttl=100.0, stale_after={"user.changed"}, random=random.Random(7))


class InvalidatorBench(InvalidatorContract):
    under_test = CacheInvalidator

    def make(self) -> Any:
        self.cache = MemoryCache[Any]()
        strategy = EntityStrategy[Any](ttl=60.0, stale_after={"user.changed"})
        return self.under_test(self.cache, strategy, prefix="user")


BENCHES: dict[str, type[Contract]] = {
    "STALE": StaleBench,
    "SAFE": FailSafeBench,
    "STRAT": StrategyBench,
    "INVAL": InvalidatorBench,
}


@pytest.mark.parametrize("bench", BENCHES.values())
def test_the_real_one_keeps_every_rule(bench: type[Contract]) -> None:
    report = run(bench.verify())
    assert (report.broken, report.exempt) == ((), ()), report


@pytest.mark.parametrize("number", others.BROKEN)
def test_a_broken_one_fails_its_own_rule(number: str) -> None:
    bench = type("Held", (BENCHES[number.split("-", maxsplit=1)[0]],), {"under_test": others.BROKEN[number]})
    report = run(bench.verify())
    assert report.broken == (number,), report


def test_no_rule_of_the_smaller_contracts_is_without_one() -> None:
    assert list(others.BROKEN) == [number for bench in BENCHES.values() for number in numbers(bench)]
