"""The dead letters in memory keep their contract."""

from __future__ import annotations

from typing import Any

from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.dead_letter_contract import DeadLetterContract
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue


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
