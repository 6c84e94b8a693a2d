"""What can go wrong with events: each a `Failure`, which `Refused` carries upward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from infra_ref.failures import Failure


@dataclass(frozen=True, slots=True)
class QueueUnavailable(Failure):
    """The queue was not reached, or did not answer in time. What was sent may have arrived all the same."""

    doing: str
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"could not {self.doing}: the queue did not answer"


@dataclass(frozen=True, slots=True)
class QueueFull(Failure):
    """As many messages wait as are allowed to. Nothing was taken; go on when some are done."""

    limit: int
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.limit} messages wait already, and no more are taken until some are done"


@dataclass(frozen=True, slots=True)
class LeaseLost(Failure):
    """The caller no longer holds what it wants to settle, and nothing was written. Let it go."""

    group: str

    def __str__(self) -> str:
        return (
            f"this consumer of {self.group!r} does not hold that any more: the lease lapsed, or it is done"
        )


@dataclass(frozen=True, slots=True)
class NotSerialisable(Failure):
    """The event's data is not plain JSON."""

    id: str
    why: str

    def __str__(self) -> str:
        return f"the data of event {self.id!r} is no plain JSON ({self.why}): use text, numbers, lists, dicts"


@dataclass(frozen=True, slots=True)
class EventTooLarge(Failure):
    """The event takes more bytes than a message may have."""

    id: str
    size: int
    limit: int

    def __str__(self) -> str:
        return (
            f"event {self.id!r} takes {self.size} bytes and may take {self.limit}: "
            "store what is large elsewhere, and send where it is"
        )


@dataclass(frozen=True, slots=True)
class NotUnderstood(Failure):
    """Bytes that are no event, or one in a format of the future."""

    why: str

    def __str__(self) -> str:
        return f"not an event that can be read here: {self.why}"


@dataclass(frozen=True, slots=True)
class WrongVersion(Failure):
    """The subject has another version than was expected: read its events again and decide afresh."""

    subject: str
    expected: int
    actual: int
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.subject!r} has version {self.actual}, not {self.expected}; nothing was written"
