"""A real store for tokens."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import BlockingConnectionPool, Redis, UnixDomainSocketConnection

from infra_ref.contract import Contract
from infra_ref.security.redis_token_store import RedisTokenStore
from tests.servers.faulty_wire import faulty_wire


class ValkeyStoreBench(Contract):
    """A token store on a real Valkey, at the end of a wire that can be cut."""

    @pytest.fixture(autouse=True)
    def _at(self, valkey: Path, tmp_path: Path) -> None:
        self.socket, self.wire_path = valkey, tmp_path / "w"

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        to_server = lambda: asyncio.open_unix_connection(self.socket)  # noqa: E731
        async with faulty_wire(self.wire_path, to_server) as self.wire:
            pool = BlockingConnectionPool(
                connection_class=UnixDomainSocketConnection,
                path=str(self.wire_path),
                max_connections=20,
                timeout=1,
            )
            client = Redis.from_pool(pool)
            try:
                yield RedisTokenStore(client, namespace=f"infra_ref/test/{secrets.token_hex(4)}", timeout=1.0)
            finally:
                await client.aclose()

    @property
    def outage(self) -> Any:
        return self.wire
