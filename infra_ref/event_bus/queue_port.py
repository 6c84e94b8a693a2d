"""The ports of a message queue and of its dead letters, and what can be relied on.

Each group gets every message at least once. Of all who join a group, one
receives at a time, and the next takes over once its lease has lapsed or was given
back: so messages with one key are handled in order. Elsewhere this is called a
single active consumer, or failover. To share the work, use several queues and
choose one by a hash of the key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Bytes on their way. `id` is the event's; messages with the same `key` keep their order.

    `generation` counts how often it was sent anew on purpose, so that a queue which
    drops duplicates does not drop that one. `to` names the only group that is to
    handle it; None is all.
    """

    id: str
    key: str
    body: bytes
    generation: int = 0
    to: str | None = None

    @property
    def transport_id(self) -> str:
        """What a queue may compare to drop duplicates."""
        return f"{self.id}.{self.generation}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in a consumer's hands. `attempt` is 1 at first; `token` means something to that consumer."""

    message: Message
    attempt: int
    token: str = field(repr=False)


class Consumer(Protocol):
    """One member of a group. Its lease is renewed by every call that reaches the queue.

    All methods raise Refused with QueueUnavailable. Those that settle raise it with LeaseLost where the
    consumer does not hold the message (any more); then nothing was written.
    """

    lease: float
    """Seconds for which it holds what it received, unless it calls `extend`."""

    async def receive(self, limit: int = 100, *, wait: float = 0.0) -> list[Delivery]:
        """Return at most that many, none if nothing came within `wait` seconds or another one receives."""
        ...

    def holds(self, delivery: Delivery) -> bool:
        """Return whether it may still begin this one, as far as its own clock tells."""
        ...

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """These are done, for good."""
        ...

    async def retry(self, delivery: Delivery, *, after: float) -> None:
        """Give it again after that many seconds, its attempt counted."""
        ...

    async def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Give them again at once, no attempt counted: they were not begun, or the trouble was not theirs."""
        ...

    async def extend(self) -> None:
        """Hold all that was received for another lease from now."""
        ...

    async def oldest(self) -> float | None:
        """Return the age in seconds of the oldest message that the group has not settled; None if all are."""
        ...

    async def close(self) -> None:
        """Let the next consumer have at once what is not settled, no attempt counted."""
        ...


class MessageQueue(Protocol):
    """Keeps messages until every group has settled them."""

    async def send(self, messages: Sequence[Message]) -> None:
        """Keep them, in order, all or none. Raises Refused with QueueUnavailable or QueueFull."""
        ...

    async def join(self, group: str, *, in_order: bool = True) -> Consumer:
        """Return a consumer. A new group begins with the oldest message that is kept.

        While a message waits for its retry, later ones with its key wait too; if not `in_order`, they pass.
        Raises ValueError for a name with other characters than letters, digits, `_` and `-`.
        """
        ...


def checked_group(group: str) -> str:
    """Return the name if a group can have it; raises ValueError that says what to write instead."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", group):
        raise ValueError(f"a group is named by letters, digits, _ and -, as in 'mailer'; not {group!r}")
    return group


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


PUBLISH = "publish"
"""The origin of a message that never reached the queue."""


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
