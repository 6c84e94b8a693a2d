"""Registries, turns, discovery and the gateway over them."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import fakeredis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from infra_ref.backoff import Backoff
from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.gateway.contracts.decorator_contract import ANSWER, Inner, failed
from infra_ref.gateway.contracts.service_registry_contract import ServiceRegistryContract
from infra_ref.gateway.decorators.discovering_http_client import DiscoveringHttpClient
from infra_ref.gateway.decorators.retrying_http_client import RetryingHttpClient
from infra_ref.gateway.discovery.memory_service_registry import MemoryServiceRegistry
from infra_ref.gateway.discovery.redis_service_registry import RedisServiceRegistry
from infra_ref.gateway.discovery.round_robin import RoundRobin
from infra_ref.gateway.discovery_port import Instance, NoInstance, RegistryUnavailable
from infra_ref.gateway.errors import ServerFailed
from infra_ref.gateway.policies.retry_policy import RetryPolicy
from infra_ref.gateway.port import Request
from infra_ref.result import Err, Ok


class OnRedis(ServiceRegistryContract):
    lease = 1.0


class TestRegistryOnValkey(OnRedis):
    @pytest.fixture(autouse=True)
    def _server(self, valkey: Path) -> None:
        self._socket = valkey

    @asynccontextmanager
    async def make(self) -> AsyncIterator[RedisServiceRegistry]:
        async with Redis(unix_socket_path=str(self._socket)) as client:
            yield RedisServiceRegistry(client, namespace=f"reg-{uuid.uuid4()}", lease=self.lease)


class AllServices(MemoryServiceRegistry):
    async def instances(self, service: str) -> Any:
        self._evict()
        return Ok(tuple(sorted(self._until))) if len(self._until) == 3 else await super().instances(service)


class NeverExpires(MemoryServiceRegistry):
    async def instances(self, service: str) -> Any:
        return Ok(tuple(sorted(one for one in self._until if one.service == service)))


class DeafToHeartbeats(MemoryServiceRegistry):
    async def heartbeat(self, instance: Instance) -> Any:
        self._evict()
        return Ok(instance in self._until)


class RegistersByHeartbeat(MemoryServiceRegistry):
    async def heartbeat(self, instance: Instance) -> Any:
        known = await super().heartbeat(instance)
        await self.register(instance)
        return known


class Lingers(MemoryServiceRegistry):
    async def deregister(self, instance: Instance) -> Any:
        return Ok(None)


class FirstLeaseOnly(MemoryServiceRegistry):
    async def register(self, instance: Instance) -> Any:
        return Ok(None) if instance in self._until else await super().register(instance)


class LosesUpdates(MemoryServiceRegistry):
    async def register(self, instance: Instance) -> Any:
        kept = dict(self._until)
        await asyncio.sleep(0)
        self._until = kept
        return await super().register(instance)


BROKEN: dict[str, type[MemoryServiceRegistry]] = {
    "REG-01": AllServices,
    "REG-02": NeverExpires,
    "REG-03": DeafToHeartbeats,
    "REG-04": RegistersByHeartbeat,
    "REG-05": Lingers,
    "REG-06": FirstLeaseOnly,
    "REG-07": LosesUpdates,
}


def test_each_rule_has_a_registry_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in ServiceRegistryContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_registry_breaks_just_its_rule(number: str) -> None:
    def make(clock: FakeClock) -> Any:
        return BROKEN[number](lease=10, clock=clock)

    report = run(ServiceRegistryContract.verify(make))
    assert report.broken == (number,), report


def test_a_lease_is_over_at_its_very_moment() -> None:
    async def check() -> None:
        registry = MemoryServiceRegistry(lease=10, clock=(clock := FakeClock()))
        await registry.register(one := Instance("users", "http://a.test"))
        await clock.advance(9.999)
        assert await registry.instances("users") == Ok((one,))
        await clock.advance(0.001)
        assert await registry.instances("users") == Ok(())
        assert await registry.heartbeat(one) == Ok(False)

    run(check())


def test_a_registry_that_is_down_is_told() -> None:
    async def check() -> None:
        server = fakeredis.FakeServer()
        server.connected = False
        async with fakeredis.FakeAsyncRedis(server=server) as client:
            registry = RedisServiceRegistry(client, namespace="reg")
            one = Instance("users", "http://a.test")
            for call in (registry.register(one), registry.heartbeat(one), registry.deregister(one)):
                assert await call == Err(RegistryUnavailable())
            assert await registry.instances("users") == Err(RegistryUnavailable())

    run(check())


@given(st.integers(1, 8), st.integers(1, 50))
def test_turns_are_even(addresses: int, rounds: int) -> None:
    names, balancer = [str(number) for number in range(addresses)], RoundRobin()
    picked = Counter(balancer.pick("users", names, 0) for _ in range(addresses * rounds))
    assert set(picked.values()) == {rounds}


def test_the_ill_rest_and_come_back() -> None:
    balancer = RoundRobin(rest=10)
    balancer.failed("a", 0)
    assert {balancer.pick("users", ["a", "b", "c"], 9) for _ in range(9)} == {"b", "c"}
    assert "a" in {balancer.pick("users", ["a", "b", "c"], 10) for _ in range(3)}
    for late, name in enumerate("cab"):
        balancer.failed(name, 20 + late)
    assert balancer.pick("users", ["a", "b", "c"], 25) == "c"
    balancer.succeeded("b")
    assert balancer.pick("users", ["a", "b", "c"], 25) == "b"
    assert balancer.pick("users", [], 25) is None


class Flaky(MemoryServiceRegistry):
    down = False
    asked = 0

    async def instances(self, service: str) -> Any:
        self.asked += 1
        return (
            Err(RegistryUnavailable(cause=ConnectionError()))
            if self.down
            else await super().instances(service)
        )


def test_discovery() -> None:
    async def check() -> None:
        clock = FakeClock()
        registry = Flaky(lease=1000, clock=clock)
        inner = Inner()
        client = DiscoveringHttpClient(inner, registry, clock=clock)
        nobody = await client.get("service://users/7")
        assert isinstance(nobody, Err)
        assert isinstance(nobody.error, NoInstance)
        assert (nobody.error.service, inner.calls) == ("users", [])

        for url in ("http://a.test", "http://b.test/v1/"):
            await registry.register(Instance("users", url))
        await clock.advance(1)
        for _ in range(4):
            assert await client.get("service://users/7?x=1") is ANSWER
        assert [call.url for call in inner.calls] == ["http://a.test/7?x=1", "http://b.test/v1/7?x=1"] * 2
        assert registry.asked == 2  # once for nobody, once for the four

        registry.down = True
        await clock.advance(100)
        assert await client.get("service://users/7") is ANSWER
        assert await client.get("http://plain.test/") is ANSWER
        assert inner.calls[-1].url == "http://plain.test/"

    run(check())


def test_a_retry_goes_to_another_instance() -> None:
    async def check() -> None:
        clock = FakeClock()
        registry = MemoryServiceRegistry(clock=clock)
        await registry.register(Instance("users", "http://a.test"))
        await registry.register(Instance("users", "http://b.test"))

        def answer(request: Request) -> Any:
            return failed() if "a.test" in request.url else ANSWER

        inner = Inner(answer)
        discovering = DiscoveringHttpClient(inner, registry, balancer=RoundRobin(rest=60), clock=clock)
        client = RetryingHttpClient(discovering, policy=RetryPolicy(backoff=Backoff(jitter=0)), clock=clock)
        for _ in range(5):
            call = asyncio.create_task(client.get("service://users/7"))
            await clock.advance(2)
            assert await call is ANSWER
        assert [request.url[7] for request in inner.calls] == list("abbbbb")

    run(check())


def test_errors_of_a_service_are_its_own() -> None:
    request = Request("GET", "service://users/7?token=x")
    assert str(NoInstance.of(request, service="users")).endswith("no instance of 'users' is known")
    assert replace(NoInstance.of(request, service="users"), service="b").url == "service://users/7?token=***"
    assert not isinstance(NoInstance.of(request, service="users"), ServerFailed)
