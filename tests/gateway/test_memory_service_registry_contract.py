"""`MemoryServiceRegistry` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.clock import FakeClock
from infra_ref.gateway.contracts.service_registry_contract import (
    ServiceRegistryContract,
)
from infra_ref.gateway.discovery.memory_service_registry import MemoryServiceRegistry


class TestMemoryServiceRegistry(ServiceRegistryContract):
    def make(self, clock: FakeClock) -> MemoryServiceRegistry:
        return MemoryServiceRegistry(lease=self.lease, clock=clock)
