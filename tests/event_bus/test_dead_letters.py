"""Every dead letter queue keeps every rule of its contract."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.dead_letter_contract import DeadLetterContract
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue
from tests.event_bus.benches import FakeRedisBench, RealRedisBench, ValkeyBench


class FailsOnce(Contract):
    """Lets a `discard` fail once, when asked to."""

    dead: Any

    def fails_after_sending(self) -> None:
        discard = self.dead.discard

        async def fail(letter_id: str) -> bool:
            self.dead.discard = discard
            raise ConnectionError("cut off")

        self.dead.discard = fail


class TestMemoryDeadLetters(FailsOnce, DeadLetterContract):
    def make(self) -> MemoryDeadLetters:
        self.queue = MemoryQueue()
        self.dead = MemoryDeadLetters(self.queue)
        return self.dead


class Redis(FailsOnce):
    a_queue: Any
    dead_letters: Any

    @asynccontextmanager
    async def made(self) -> AsyncGenerator[Any]:
        self.queue = await self.a_queue()
        self.dead = await self.dead_letters(self.queue)
        yield self.dead


class TestRedisDeadLettersOnFakeredis(Redis, FakeRedisBench, DeadLetterContract):
    pass


class TestRedisDeadLettersOnValkey(Redis, ValkeyBench, DeadLetterContract):
    pass


class TestRedisDeadLettersOnRedis(Redis, RealRedisBench, DeadLetterContract):
    pass
