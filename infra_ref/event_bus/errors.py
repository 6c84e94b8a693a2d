"""What can go wrong on the way: each a `Failure`, which `Refused` carries upward."""

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
        return f"this consumer of {self.group!r} does not hold that any more: the lease lapsed, or it is done"
