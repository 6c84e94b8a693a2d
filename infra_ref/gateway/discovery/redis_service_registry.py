"""A registry that all processes share which use the same Redis or Valkey."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra_ref.gateway.discovery_port import Instance, RegistryUnavailable, ServiceRegistry
from infra_ref.result import Err, Ok, Result
from infra_ref.strict_timeout import strict_timeout


class RedisServiceRegistry(ServiceRegistry):
    """A `ServiceRegistry` with a sorted set for each service: URLs, by the end of their lease.

    Time is the server's. Whatever reads or writes drops first what has run out,
    in the same transaction. `client` must give bytes, and whoever made it closes
    it; every trip ends within `timeout` seconds.
    """

    def __init__(self, client: Redis, *, namespace: str, lease: float = 30.0, timeout: float = 1.0) -> None:
        self._client, self._namespace, self._timeout = client, namespace, timeout
        self._lease = round(lease * 1000)

    async def register(self, instance: Instance) -> Result[None, RegistryUnavailable]:
        try:
            async with self._transaction(instance.service) as (pipe, name, now):
                pipe.zadd(name, {instance.url: now + self._lease})
                pipe.pexpire(name, self._lease)
                await pipe.execute()
            return Ok(None)
        except (RedisError, OSError) as error:  # OSError has TimeoutError in it
            return Err(RegistryUnavailable(cause=error))

    async def heartbeat(self, instance: Instance) -> Result[bool, RegistryUnavailable]:
        try:
            async with self._transaction(instance.service) as (pipe, name, now):
                pipe.zadd(name, {instance.url: now + self._lease}, xx=True)
                pipe.pexpire(name, self._lease)
                pipe.zscore(name, instance.url)
                *_, score = await pipe.execute()
            return Ok(score is not None)
        except (RedisError, OSError) as error:
            return Err(RegistryUnavailable(cause=error))

    async def deregister(self, instance: Instance) -> Result[None, RegistryUnavailable]:
        try:
            async with self._transaction(instance.service) as (pipe, name, _):
                pipe.zrem(name, instance.url)
                await pipe.execute()
            return Ok(None)
        except (RedisError, OSError) as error:
            return Err(RegistryUnavailable(cause=error))

    async def instances(self, service: str) -> Result[tuple[Instance, ...], RegistryUnavailable]:
        try:
            async with self._transaction(service) as (pipe, name, _):
                pipe.zrange(name, 0, -1)
                *_, urls = await pipe.execute()
            return Ok(tuple(sorted(Instance(service, url.decode()) for url in urls)))
        except (RedisError, OSError) as error:
            return Err(RegistryUnavailable(cause=error))

    @asynccontextmanager
    async def _transaction(self, service: str) -> AsyncGenerator[tuple[Any, str, int], None]:
        """Give a transaction that begins by dropping what ran out, the key, and the server's milliseconds."""
        name = f"{self._namespace}:{service}"
        async with strict_timeout(self._timeout), self._client.pipeline(transaction=True) as pipe:
            seconds, micros = await self._client.time()
            now = int(seconds) * 1000 + int(micros) // 1000
            pipe.zremrangebyscore(name, "-inf", now)
            yield pipe, name, now
