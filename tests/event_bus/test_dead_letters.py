"""The dead letters on Redis keep every rule of their contract on every server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from infra_ref.event_bus.contracts.dead_letter_contract import DeadLetterContract
from tests.event_bus.benches import RealRedisBench, ValkeyBench
from tests.event_bus.nats_bench import NatsBench
from tests.event_bus.test_memory_dead_letters_contract import FailsOnce


class Redis(FailsOnce):
    a_queue: Any
    dead_letters: Any

    @asynccontextmanager
    async def made(self) -> AsyncGenerator[Any]:
        self.queue = await self.a_queue()
        self.dead = await self.dead_letters(self.queue)
        yield self.dead


class Nats(FailsOnce):
    a_queue: Any
    dead_letters: Any

    @asynccontextmanager
    async def made(self) -> AsyncGenerator[Any]:
        self.queue = self.a_queue()
        self.dead = await self.dead_letters(self.queue)
        yield self.dead


class TestOnNats(Nats, NatsBench, DeadLetterContract):
    pass


class TestOnValkey(Redis, ValkeyBench, DeadLetterContract):
    pass


class TestOnRedis(Redis, RealRedisBench, DeadLetterContract):
    pass
