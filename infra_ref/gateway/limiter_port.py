"""The port of a rate limiter. Times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from infra_ref.result import Result


class RateLimiter(Protocol):
    """Lets calls through at no more than a rate, for each key by itself, first come first served."""

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Result[None, Limited]:
        """Return `Ok` once the call may go; `Err` at once if that would take longer than `patience` seconds.

        None waits however long it takes. One that is cancelled while it waits takes nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The rate is used up; a call could go after that many seconds."""

    retry_after: float


@dataclass(frozen=True, slots=True)
class LimiterDown:
    """The limiter's store did not answer in time, so nobody knows the rate. Trying again can help."""

    cause: BaseException | None = field(default=None, repr=False, compare=False)


Limited: TypeAlias = LimitReached | LimiterDown
