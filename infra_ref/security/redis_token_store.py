"""`RedisTokenStore`: for all processes of a service, on Redis or Valkey."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra_ref.security.errors import StoreUnavailable
from infra_ref.strict_timeout import strict_timeout


class RedisTokenStore:
    """A `TokenStore` on `client`. No answer within `timeout` seconds is none.

    The server must not evict: with a `maxmemory-policy` other than `noeviction`, a revoked
    session could come back. So give it a server of its own, not the cache's.
    """

    def __init__(self, client: Redis, *, namespace: str, timeout: float = 1.0) -> None:
        self._client, self._namespace, self._timeout = client, namespace, timeout

    async def spend(self, token_id: str, *, seconds: float) -> bool:
        async with self._answering("spend a token"):
            name = f"{self._namespace}:spent:{token_id}"
            return bool(await self._client.set(name, 1, nx=True, px=round(seconds * 1000)))

    async def revoke(self, session: str, *, seconds: float) -> None:
        async with self._answering("revoke a session"):
            await self._client.set(f"{self._namespace}:revoked:{session}", 1, px=round(seconds * 1000))

    async def is_revoked(self, session: str) -> bool:
        async with self._answering("look up a session"):
            return bool(await self._client.exists(f"{self._namespace}:revoked:{session}"))

    @asynccontextmanager
    async def _answering(self, doing: str) -> AsyncGenerator[None]:
        try:
            async with strict_timeout(self._timeout):
                yield
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            raise StoreUnavailable(f"the token store could not {doing}: it did not answer") from error
