"""For every rule of `DeadLetterContract`, a dead letter queue that breaks just that one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from infra_ref.event_bus.dead_letter_port import DeadLetter
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.queue_port import Message, MessageQueue
from tests.event_bus.broken.noting import noting

BROKEN: dict[str, Any] = {}
breaks = noting(BROKEN)


class Redrives(MemoryDeadLetters):
    """Sends what `sent` makes of the letter's message."""

    async def redrive(self, letter_id: str) -> bool:
        letter = await self.show(letter_id)
        if letter is None:
            return False
        await self._queue.send([self.sent(letter)])
        return await self.discard(letter_id) or True

    def sent(self, letter: DeadLetter) -> Message:
        return letter.again()


@breaks("DEAD-01")
class KeepsTheFirstLine(MemoryDeadLetters):
    async def put(self, letter: DeadLetter) -> None:
        await super().put(replace(letter, reason=letter.reason.splitlines()[0]))


@breaks("DEAD-02")
class KeepsTheLast(MemoryDeadLetters):
    async def put(self, letter: DeadLetter) -> None:
        self._letters[letter.id] = letter


@breaks("DEAD-03")
class AlwaysTheFirstPage(MemoryDeadLetters):
    async def letters(self, *, limit: int = 100, after: str | None = None) -> list[DeadLetter]:
        return await super().letters(limit=limit)


@breaks("DEAD-04")
class LosesTheKey(Redrives):
    def sent(self, letter: DeadLetter) -> Message:
        return replace(letter.again(), key="")


@breaks("DEAD-05")
class ToAll(Redrives):
    def sent(self, letter: DeadLetter) -> Message:
        return replace(letter.again(), to=None)


@breaks("DEAD-06")
class RedrivesTheGone(MemoryDeadLetters):
    def __init__(self, queue: MessageQueue) -> None:
        super().__init__(queue)
        self.gone: dict[str, DeadLetter] = {}

    async def redrive(self, letter_id: str) -> bool:
        if letter_id in self._letters:
            self.gone[letter_id] = self._letters[letter_id]
        elif letter_id in self.gone:
            await self._queue.send([self.gone[letter_id].again()])
        return await super().redrive(letter_id)


@breaks("DEAD-07")
class DiscardsWhatIsNot(MemoryDeadLetters):
    async def discard(self, letter_id: str) -> bool:
        await super().discard(letter_id)
        return True


@breaks("DEAD-08")
class AnotherGenerationEachTime(Redrives):
    tries = 0

    def sent(self, letter: DeadLetter) -> Message:
        self.tries += 1
        return replace(letter.again(), generation=letter.message.generation + self.tries)


@breaks("DEAD-09")
class DiesOnce(MemoryDeadLetters):
    known: frozenset[tuple[str, str]] = frozenset()

    async def put(self, letter: DeadLetter) -> None:
        if (letter.origin, letter.message.id) not in self.known:
            await super().put(letter)
        self.known |= {(letter.origin, letter.message.id)}
