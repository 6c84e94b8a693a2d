"""The dead letters on Redis keep their contract, on Redis as fakeredis plays it."""

from __future__ import annotations

from typing import Any

from fakeredis import FakeAsyncRedis

from infra_ref.event_bus.contracts.dead_letter_contract import DeadLetterContract
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.redis_dead_letters import RedisDeadLetters


class TestRedisDeadLetters(DeadLetterContract):
    dead: Any

    def make(self) -> RedisDeadLetters:
        self.queue = MemoryQueue()
        self.dead = RedisDeadLetters(FakeAsyncRedis(), self.queue, name="test")
        return self.dead

    def fails_after_sending(self) -> None:
        discard = self.dead.discard

        async def fail(letter_id: str) -> bool:
            self.dead.discard = discard
            raise ConnectionError("cut off")

        self.dead.discard = fail
