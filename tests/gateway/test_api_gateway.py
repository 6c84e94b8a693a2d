"""The gateway is held to its contract, in memory and on sockets, and each rule has a broken one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.clock import Clock, FakeClock, SystemClock
from infra_ref.contract import run
from infra_ref.gateway.contracts.api_gateway_contract import OUTSIDE, ApiGatewayContract
from infra_ref.gateway.decorators.discovering_http_client import DiscoveringHttpClient
from infra_ref.gateway.discovery.memory_service_registry import MemoryServiceRegistry
from infra_ref.gateway.discovery.registry_api_gateway import RegistryApiGateway, why_not_called
from infra_ref.gateway.discovery.round_robin import RoundRobin
from infra_ref.gateway.discovery_port import HealthStatus, NoInstance, RegistryUnavailable, ServiceRegistry
from infra_ref.gateway.errors import Rejected, ServerFailed
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.gateway.port import DEFAULTS, HttpClient, HttpOptions, Method, Request
from infra_ref.gateway.testing.loopback_server import LoopbackServer
from infra_ref.result import Err, Ok


def gateway_on(
    direct: HttpClient,
    registry: ServiceRegistry,
    clock: Clock,
    kind: type[RegistryApiGateway] = RegistryApiGateway,
    balancer: RoundRobin | None = None,
) -> RegistryApiGateway:
    shared = RoundRobin()
    http = DiscoveringHttpClient(direct, registry, balancer=balancer or shared, clock=clock)
    return kind(http, registry, direct=direct, balancer=shared, clock=clock)


class InMemory(ApiGatewayContract):
    @cached_property
    def peer(self) -> MemoryServer:
        return MemoryServer()

    @cached_property
    def registry(self) -> MemoryServiceRegistry:
        return MemoryServiceRegistry(clock=self.clock)


class TestRegistryApiGatewayOnSockets(ApiGatewayContract):
    @cached_property
    def peer(self) -> LoopbackServer:
        return LoopbackServer()

    @cached_property
    def registry(self) -> MemoryServiceRegistry:
        return MemoryServiceRegistry()

    @asynccontextmanager
    async def make(self) -> AsyncIterator[RegistryApiGateway]:
        async with httpx.AsyncClient(trust_env=False) as client:
            yield gateway_on(HttpxHttpClient(client), self.registry, SystemClock())


class Changed(RegistryApiGateway):
    """Changes what goes out and what comes back."""

    def out(self, method: Method, options: HttpOptions) -> tuple[Method, HttpOptions]:
        return method, options

    def back(self, endpoint: str, error: Any) -> Any:
        return error

    async def call(
        self, endpoint: str, method: Method, data: Any = None, options: HttpOptions = DEFAULTS
    ) -> Any:
        method, options = self.out(method, options)
        result = await super().call(endpoint, method, data, options)
        return Err(self.back(endpoint, result.error)) if isinstance(result, Err) else result


class PutsForPost(Changed):
    def out(self, method: Method, options: HttpOptions) -> tuple[Method, HttpOptions]:
        return "PUT" if method == "POST" else method, options


class DropsTheKey(Changed):
    def out(self, method: Method, options: HttpOptions) -> tuple[Method, HttpOptions]:
        return method, replace(options, idempotency_key=None)


class BlamesThePeer(Changed):
    def back(self, endpoint: str, error: Any) -> Any:
        as_failure = ServerFailed(method=error.method, url=error.url, status=500)
        return as_failure if isinstance(error, Rejected) else error


class NobodyIsNoNews(RegistryApiGateway):
    async def health_check(self, service_name: str) -> Any:
        found = await super().health_check(service_name)
        return Ok(HealthStatus(service_name, {})) if isinstance(found, Err) else found


class LetsAnythingThrough(RegistryApiGateway):
    async def call(
        self, endpoint: str, method: Method, data: Any = None, options: HttpOptions = DEFAULTS
    ) -> Any:
        return await self._http.send(Request(method, f"service://{endpoint}", data, options))


class EachTwice(RegistryApiGateway):
    last: Any = None

    async def get_service_url(self, service_name: str) -> Any:
        given, self.last = self.last, None
        if given is None:
            given = self.last = await super().get_service_url(service_name)
        return given


class HidesTheGone(RegistryApiGateway):
    async def health_check(self, service_name: str) -> Any:
        found = await super().health_check(service_name)
        if isinstance(found, Err):
            return found
        seen = {url: why for url, why in found.value.instances.items() if "no peer" not in str(why)}
        return Ok(replace(found.value, instances=seen))


class OneAfterTheOther(RegistryApiGateway):
    async def health_check(self, service_name: str) -> Any:
        found = await self._found(service_name)
        if isinstance(found, Err):
            return found
        return Ok(HealthStatus(service_name, dict([await self._probe(one) for one in found.value])))


class TellsNobody(RegistryApiGateway):
    def __init__(self, *known: Any, balancer: RoundRobin, **more: Any) -> None:
        super().__init__(*known, balancer=balancer, **more)
        self._turns = balancer

    async def health_check(self, service_name: str) -> Any:
        self._balancer = RoundRobin()
        try:
            return await super().health_check(service_name)
        finally:
            self._balancer = self._turns


class RemembersGoodNews(RegistryApiGateway):
    def __init__(self, *known: Any, **more: Any) -> None:
        super().__init__(*known, **more)
        self._news: dict[str, Any] = {}

    async def health_check(self, service_name: str) -> Any:
        told = self._news.get(service_name) or await super().health_check(service_name)
        if isinstance(told, Ok) and not any(told.value.instances.values()):
            self._news[service_name] = told
        return told


class AsksAsTheLastCaller(Changed):
    def out(self, method: Method, options: HttpOptions) -> tuple[Method, HttpOptions]:
        client, kept = self._direct, options

        class Carries(HttpClient):
            async def send(self, request: Request) -> Any:
                more = replace(request.options, authentication=kept.authentication, headers=kept.headers)
                return await client.send(replace(request, options=more))

        if kept.authentication:
            self._direct = Carries()
        return method, options


class CarriesAll(MemoryHttpClient):
    async def _exchange(self, request: Request) -> Any:
        answered = await super()._exchange(request)
        if isinstance(answered, Err) or answered[0] != 302:
            return answered
        return await super()._exchange(replace(request, url=answered[1]["location"]))


class ShowsTheQuery(Changed):
    def back(self, endpoint: str, error: Any) -> Any:
        return replace(error, url=f"service://{endpoint}")


class NeverRests(RoundRobin):
    def failed(self, address: str, now: float) -> None:
        return None


BROKEN: dict[str, dict[str, Any]] = {
    "GATE-01": {"kind": PutsForPost},
    "GATE-02": {"kind": DropsTheKey},
    "GATE-03": {"kind": BlamesThePeer},
    "GATE-04": {"kind": NobodyIsNoNews},
    "GATE-05": {"kind": LetsAnythingThrough},
    "GATE-06": {"kind": EachTwice},
    "GATE-07": {"kind": HidesTheGone},
    "GATE-08": {"kind": OneAfterTheOther},
    "GATE-09": {"kind": TellsNobody},
    "GATE-10": {"kind": RemembersGoodNews},
    "GATE-11": {"kind": AsksAsTheLastCaller},
    "GATE-12": {"client": CarriesAll},
    "GATE-13": {"kind": ShowsTheQuery},
    "GATE-14": {"balancer": NeverRests()},
}


def test_each_rule_has_a_gateway_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in ApiGatewayContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_gateway_breaks_just_its_rule(number: str) -> None:
    parts = dict(BROKEN[number])
    client = parts.pop("client", MemoryHttpClient)

    class Broken(InMemory):
        def make(self, clock: FakeClock) -> RegistryApiGateway:
            return gateway_on(client(self.peer, clock=clock), self.registry, clock, **parts)

    report = run(Broken.verify())
    assert report.broken == (number,), report


@pytest.mark.parametrize("endpoint", ["users", "users/", "users/7/", "a-b.c/7?to=../x#y", "users/ü/a b;v=1"])
def test_an_endpoint_that_stays_is_one(endpoint: str) -> None:
    assert why_not_called(endpoint) is None


@given(st.sampled_from(OUTSIDE), st.integers(0, 3))
def test_no_encoding_hides_a_way_out(endpoint: str, times: int) -> None:
    path = endpoint
    for _ in range(times):
        path = path.replace("%", "%25").replace(".", "%2e").replace("\\", "%5C")
    assert why_not_called(path) is not None


def test_why_an_endpoint_is_none_shows_no_secret() -> None:
    for endpoint in ("ann:swordfish@users/7", "users/../7?token=swordfish", "https://ann:swordfish@a.test/"):
        assert "swordfish" not in str(why_not_called(endpoint))


def test_a_registry_that_is_down_is_no_instance_and_its_error_is_the_cause() -> None:
    class Down(MemoryServiceRegistry):
        async def instances(self, service: str) -> Any:
            return Err(RegistryUnavailable(cause=ConnectionError()))

    async def check() -> None:
        clock = FakeClock()
        gateway = gateway_on(MemoryHttpClient(MemoryServer(), clock=clock), Down(clock=clock), clock)
        for found in (await gateway.get_service_url("users"), await gateway.health_check("users")):
            assert isinstance(found, Err)
            assert isinstance(found.error, NoInstance)
            assert isinstance(found.error.cause, ConnectionError)

    run(check())
