"""Dead letters within one process."""

from __future__ import annotations

from itertools import dropwhile, islice

from infra_ref.event_bus.dead_letter_port import DeadLetter
from infra_ref.event_bus.queue_port import MessageQueue


class MemoryDeadLetters:
    """A `DeadLetterQueue` for one process; `redrive` sends to `queue`."""

    def __init__(self, queue: MessageQueue) -> None:
        self._queue = queue
        self._letters: dict[str, DeadLetter] = {}

    async def put(self, letter: DeadLetter) -> None:
        self._letters.setdefault(letter.id, letter)

    async def letters(self, *, limit: int = 100, after: str | None = None) -> list[DeadLetter]:
        left = iter(self._letters.values())
        if after is not None:
            left = islice(dropwhile(lambda letter: letter.id != after, left), 1, None)
        return list(islice(left, limit))

    async def show(self, letter_id: str) -> DeadLetter | None:
        return self._letters.get(letter_id)

    async def redrive(self, letter_id: str) -> bool:
        letter = self._letters.get(letter_id)
        if letter is None:
            return False
        await self._queue.send([letter.again()])
        await self.discard(letter_id)
        return True

    async def discard(self, letter_id: str) -> bool:
        return self._letters.pop(letter_id, None) is not None
