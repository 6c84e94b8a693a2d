"""The port of dead letters: messages that were given up, for a person to decide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from infra_ref.event_bus.queue_port import Message

PUBLISH = "publish"
"""The origin of a message that never reached the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was given up. `origin` is the group that could not handle it, or "publish"."""

    message: Message
    reason: str
    attempts: int
    origin: str
    time: datetime

    @property
    def id(self) -> str:
        """The same for the same failure, however often it is put."""
        return f"{self.origin}/{self.message.transport_id}"

    def again(self) -> Message:
        """Return the message as it is redriven: the next generation, for the group that failed."""
        to = self.message.to if self.origin == PUBLISH else self.origin
        return replace(self.message, generation=self.message.generation + 1, to=to)


class DeadLetterQueue(Protocol):
    """Keeps what was given up, for a person to decide. All raise Refused with QueueUnavailable."""

    async def put(self, letter: DeadLetter) -> None:
        """Keep it; again is no error and keeps one."""
        ...

    async def letters(self, *, limit: int = 100, after: str | None = None) -> list[DeadLetter]:
        """Return letters, the oldest first, those after the letter with that id."""
        ...

    async def show(self, letter_id: str) -> DeadLetter | None:
        """Return that letter, None if there is none."""
        ...

    async def redrive(self, letter_id: str) -> bool:
        """Send its message again and forget the letter; return whether there was one. Safe to repeat."""
        ...

    async def discard(self, letter_id: str) -> bool:
        """Forget the letter; return whether there was one."""
        ...
