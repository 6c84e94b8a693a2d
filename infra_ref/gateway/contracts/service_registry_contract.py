"""What every `ServiceRegistry` promises."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from infra_ref.contract import Contract, Passing, rule
from infra_ref.gateway.discovery_port import Instance, ServiceRegistry
from infra_ref.result import Ok

A, B = Instance("users", "http://a.test"), Instance("users", "http://b.test")


class ServiceRegistryContract(Contract):
    """`make` makes a registry whose leases last `lease` seconds."""

    port = ServiceRegistry
    lease: ClassVar[float] = 10.0

    @rule("REG-01", "what is registered is found, under its own service only, in order")
    async def finds(self, registry: ServiceRegistry) -> None:
        for instance in (B, A, Instance("orders", "http://c.test")):
            await registry.register(instance)
        assert await registry.instances("users") == Ok((A, B))
        assert await registry.instances("nobody") == Ok(())

    @rule("REG-02", "an instance that does not say that it lives is gone when its lease is over")
    async def expires(self, registry: ServiceRegistry, clock: Passing) -> None:
        await registry.register(A)
        await clock.advance(self.lease * 0.6)
        await registry.register(B)
        assert await registry.instances("users") == Ok((A, B))
        await clock.advance(self.lease * 0.6)
        assert await registry.instances("users") == Ok((B,))

    @rule("REG-03", "a heartbeat begins the lease anew")
    async def lives_on(self, registry: ServiceRegistry, clock: Passing) -> None:
        await registry.register(A)
        for _ in range(3):
            await clock.advance(self.lease * 0.6)
            assert await registry.heartbeat(A) == Ok(True)
        assert await registry.instances("users") == Ok((A,))

    @rule("REG-04", "a heartbeat of what is not known returns False, and registers nothing")
    async def unknown(self, registry: ServiceRegistry, clock: Passing) -> None:
        assert await registry.heartbeat(A) == Ok(False)
        await registry.register(B)
        await clock.advance(self.lease * 1.2)
        assert await registry.heartbeat(B) == Ok(False)
        assert await registry.instances("users") == Ok(())

    @rule("REG-05", "what is deregistered is gone at once; twice is the same as once")
    async def deregisters(self, registry: ServiceRegistry) -> None:
        await registry.register(A)
        await registry.register(B)
        assert [await registry.deregister(A) for _ in range(2)] == [Ok(None)] * 2
        assert await registry.instances("users") == Ok((B,))

    @rule("REG-06", "registering twice is the same as once, and begins the lease anew")
    async def twice(self, registry: ServiceRegistry, clock: Passing) -> None:
        await registry.register(A)
        await clock.advance(self.lease * 0.6)
        await registry.register(A)
        await clock.advance(self.lease * 0.6)
        assert await registry.instances("users") == Ok((A,))

    @rule("REG-07", "of 30 that register at once all are found")
    async def concurrent(self, registry: ServiceRegistry) -> None:
        all_of_them = [Instance("users", f"http://{number:02}.test") for number in range(30)]
        await asyncio.gather(*map(registry.register, all_of_them))
        assert await registry.instances("users") == Ok(tuple(all_of_them))
