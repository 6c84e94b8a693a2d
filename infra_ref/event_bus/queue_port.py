"""The port of a message queue, and what can be relied on.

Each group gets every message at least once. Of all who join a group, one
receives at a time, and the next takes over once its lease has lapsed or was given
back: so messages with one key are handled in order. Elsewhere this is called a
single active consumer, or failover. To share the work, use several queues and
choose one by a hash of the key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
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
