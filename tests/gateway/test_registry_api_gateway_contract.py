"""`RegistryApiGateway` keeps every rule of its contract, in memory."""

from __future__ import annotations

from functools import cached_property

from infra_ref.clock import Clock, FakeClock
from infra_ref.gateway.contracts.api_gateway_contract import ApiGatewayContract
from infra_ref.gateway.decorators.discovering_http_client import DiscoveringHttpClient
from infra_ref.gateway.discovery.memory_service_registry import MemoryServiceRegistry
from infra_ref.gateway.discovery.registry_api_gateway import RegistryApiGateway
from infra_ref.gateway.discovery.round_robin import RoundRobin
from infra_ref.gateway.discovery_port import ServiceRegistry
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.gateway.port import HttpClient


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


class TestRegistryApiGateway(InMemory):
    def make(self, clock: FakeClock) -> RegistryApiGateway:
        return gateway_on(MemoryHttpClient(self.peer, clock=clock), self.registry, clock)
