"""`RedisServiceRegistry` keeps every rule of its contract, on fakeredis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import fakeredis

from infra_ref.gateway.contracts.service_registry_contract import (
    ServiceRegistryContract,
)
from infra_ref.gateway.discovery.redis_service_registry import RedisServiceRegistry


class OnRedis(ServiceRegistryContract):
    lease = 1.0


class TestRegistryOnFakeredis(OnRedis):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[RedisServiceRegistry]:
        async with fakeredis.FakeAsyncRedis() as client:
            yield RedisServiceRegistry(client, namespace="reg", lease=self.lease)
