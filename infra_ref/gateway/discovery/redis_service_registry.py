"""A registry that all processes share which use the same Redis or Valkey."""

from __future__ import annotations

from collections.abc import Callable
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
        def add(pipe: Any, name: str, now: int) -> None:
            pipe.zadd(name, {instance.url: now + self._lease})
            pipe.pexpire(name, self._lease)

        return (await self._transaction(instance.service, add)).map(lambda _: None)

    async def heartbeat(self, instance: Instance) -> Result[bool, RegistryUnavailable]:
        def renew(pipe: Any, name: str, now: int) -> None:
            pipe.zadd(name, {instance.url: now + self._lease}, xx=True)
            pipe.pexpire(name, self._lease)
            pipe.zscore(name, instance.url)

        return (await self._transaction(instance.service, renew)).map(lambda score: score is not None)

    async def deregister(self, instance: Instance) -> Result[None, RegistryUnavailable]:
        def drop(pipe: Any, name: str, now: int) -> None:
            pipe.zrem(name, instance.url)

        return (await self._transaction(instance.service, drop)).map(lambda _: None)

    async def instances(self, service: str) -> Result[tuple[Instance, ...], RegistryUnavailable]:
        found = await self._transaction(service, lambda pipe, name, _: pipe.zrange(name, 0, -1))
        if isinstance(found, Err):
            return found
        return Ok(tuple(sorted(Instance(service, url.decode()) for url in found.value)))

    async def _transaction(
        self, service: str, commands: Callable[[Any, str, int], object]
    ) -> Result[Any, RegistryUnavailable]:
        """Drop what ran out and do the commands, given the key and the server's milliseconds.

        Returns the answer to the last command.
        """
        name = f"{self._namespace}:{service}"
        try:
            async with strict_timeout(self._timeout), self._client.pipeline(transaction=True) as pipe:
                seconds, micros = await self._client.time()
                now = int(seconds) * 1000 + int(micros) // 1000
                pipe.zremrangebyscore(name, "-inf", now)
                commands(pipe, name, now)
                return Ok((await pipe.execute())[-1])
        except (RedisError, OSError) as error:  # OSError has TimeoutError in it
            return Err(RegistryUnavailable(cause=error))
