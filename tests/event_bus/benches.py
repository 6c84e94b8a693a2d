"""Where queues, dead letters and buses are made for the contracts: each bench knows one store."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import BlockingConnectionPool, Redis, UnixDomainSocketConnection

from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.queue_contract import LIMIT
from infra_ref.event_bus.redis_dead_letters import RedisDeadLetters
from infra_ref.event_bus.redis_streams_queue import RedisStreamsQueue
from tests.servers.faulty_wire import faulty_wire

LEASE = 1.2  # a busy machine stops a test for some tenths of a second


class RedisBench(Contract):
    """A stream of its own on some Redis; `client` opens connections to it."""

    def client(self) -> Redis:
        raise NotImplementedError

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        self.name = f"infra_ref/test/{secrets.token_hex(4)}"
        async with AsyncExitStack() as self.opened:
            async with self.made() as made:
                yield made
            await self.sweep()

    @asynccontextmanager
    async def made(self) -> AsyncGenerator[Any]:
        yield await self.a_queue()

    async def a_queue(self, *, lease: float = LEASE) -> RedisStreamsQueue:
        return RedisStreamsQueue(await self.connect(), name=self.name, lease=lease, limit=LIMIT, timeout=2)

    async def dead_letters(self, queue: Any) -> RedisDeadLetters:
        return RedisDeadLetters(await self.connect(), queue, name=self.name)

    async def connect(self) -> Redis:
        client = self.client()
        self.opened.push_async_callback(client.aclose)
        return client

    async def sweep(self) -> None:
        client = await self.connect()
        names = [name async for name in client.scan_iter(match=f"{self.name}:*", count=1000)]
        if names:
            await client.unlink(*names)

    async def plant(self, raw: bytes) -> None:
        await (await self.connect()).xadd(f"{self.name}:stream", {b"what": raw})

    async def vanish(self, delivery: Any) -> None:
        await (await self.connect()).xdel(f"{self.name}:stream", delivery.token)

    async def kept(self) -> int:
        return int(await (await self.connect()).xlen(f"{self.name}:stream"))


class FakeRedisBench(RedisBench):
    @property
    def server(self) -> FakeServer:
        return self.__dict__.setdefault("_server", FakeServer())

    def client(self) -> Redis:
        return FakeAsyncRedis(server=self.server)

    @property
    def outage(self) -> Any:
        bench = self

        class Outage:
            async def cut(self) -> None:
                bench.server.connected = False

            async def restore(self) -> None:
                bench.server.connected = True

        return Outage()

    async def sweep(self) -> None:
        """The whole server goes with the bench."""


class ValkeyBench(RedisBench):
    """A real Valkey at the end of a wire that can be cut."""

    @pytest.fixture(autouse=True)
    def _at(self, valkey: Path, tmp_path: Path) -> None:
        self.socket, self.wire_path = valkey, tmp_path / "w"

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        async with (
            faulty_wire(self.wire_path, lambda: asyncio.open_unix_connection(self.socket)) as self.outage,
            super().make() as made,
        ):
            yield made

    def client(self) -> Redis:
        return Redis.from_pool(
            BlockingConnectionPool(
                connection_class=UnixDomainSocketConnection,
                path=str(self.wire_path),
                max_connections=20,
                timeout=1,
                socket_timeout=None,
            )
        )


class RealRedisBench(RedisBench):
    """The Redis at INFRA_REF_TEST_REDIS_URL."""

    lacks: ClassVar = {"outage": "this server is not ours to cut off; the Valkey of the tests is"}

    @pytest.fixture(autouse=True)
    def _at(self) -> None:
        self.url = os.environ.get("INFRA_REF_TEST_REDIS_URL", "")
        if not self.url:
            pytest.skip("set INFRA_REF_TEST_REDIS_URL to the URL of a Redis")

    def client(self) -> Redis:
        return Redis.from_pool(BlockingConnectionPool.from_url(self.url, max_connections=20, timeout=1))
