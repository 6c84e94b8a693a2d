"""The ports of the transactional outbox and of the inbox, and what can be relied on.

The outbox keeps events in the transaction that made them true; a relay sends
them afterwards. The inbox remembers, in the transaction of a handler's effect,
which events had it. Between them lies a transport that delivers at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from infra_ref.event_bus.queue_port import Message
from infra_ref.events import DomainEvent

H_co = TypeVar("H_co", covariant=True)
H_contra = TypeVar("H_contra", contravariant=True)


class Unsent(NamedTuple):
    """A message in the outbox; `position` is its place in the order in which events were added."""

    position: int
    message: Message


class Outbox(Protocol[H_contra]):
    """Keeps events until a relay has sent them. What is sent is removed."""

    def add(self, handle: H_contra, events: Sequence[DomainEvent], /) -> None:
        """Keep the events in the transaction of `handle`: they are there if it commits, and only then.

        Give this to a unit of work as its `record`. Raises Refused with NotSerialisable or EventTooLarge.
        """
        ...

    async def claim(self, owner: str, *, seconds: float, limit: int) -> list[Unsent]:
        """Claim subjects that nobody has; return their oldest unsent messages, at most that many, in order.

        Others get nothing of these subjects for that many seconds.
        """
        ...

    async def sent(self, owner: str, unsent: Sequence[Unsent]) -> None:
        """Remove these, and end all claims of the owner; what it has no claim on any more stays."""
        ...

    async def put_off(self, owner: str, subject: str, *, seconds: float) -> None:
        """Let nobody claim the subject for that long, if it is the owner's."""
        ...

    async def oldest(self) -> float | None:
        """Return the age in seconds of the oldest unsent message, None if all are sent."""
        ...


class Inbox(Protocol[H_co]):
    """Runs a handler's effect once for each event, however often it comes."""

    async def once(self, event: DomainEvent, effect: Callable[[H_co, DomainEvent], None]) -> bool:
        """Run the effect, unless it ran for this event's id before, and note that in the same transaction.

        Returns whether it ran. What the effect raises undoes both, and passes through.
        """
        ...

    async def purge(self) -> int:
        """Forget the events that can come no more; return how many."""
        ...


def checked_memory(keep: float, redelivery: float) -> float:
    """Return the seconds to remember; raises ValueError unless that is longer than a redelivery can take."""
    if keep <= redelivery:
        raise ValueError(
            f"the inbox would forget after {keep:g} s what may come again after {redelivery:g} s: "
            "let it keep longer than the longest outage and all retries together"
        )
    return keep
