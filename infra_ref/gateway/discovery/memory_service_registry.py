"""A registry in the memory of one process."""

from __future__ import annotations

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.discovery_port import Instance, RegistryUnavailable, ServiceRegistry
from infra_ref.result import Ok, Result


class MemoryServiceRegistry(ServiceRegistry):
    """A `ServiceRegistry` whose leases last `lease` seconds."""

    def __init__(self, *, lease: float = 30.0, clock: Clock | None = None) -> None:
        self._lease, self._clock = lease, clock or SystemClock()
        self._until: dict[Instance, float] = {}

    async def register(self, instance: Instance) -> Result[None, RegistryUnavailable]:
        self._until[instance] = self._clock.monotonic() + self._lease
        return Ok(None)

    async def heartbeat(self, instance: Instance) -> Result[bool, RegistryUnavailable]:
        self._evict()
        if instance not in self._until:
            return Ok(False)
        self._until[instance] = self._clock.monotonic() + self._lease
        return Ok(True)

    async def deregister(self, instance: Instance) -> Result[None, RegistryUnavailable]:
        self._until.pop(instance, None)
        return Ok(None)

    async def instances(self, service: str) -> Result[tuple[Instance, ...], RegistryUnavailable]:
        self._evict()
        return Ok(tuple(sorted(one for one in self._until if one.service == service)))

    def _evict(self) -> None:
        now = self._clock.monotonic()
        self._until = {one: until for one, until in self._until.items() if now < until}
