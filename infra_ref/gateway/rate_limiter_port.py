"""The port of a rate limiter. Times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from infra_ref.failures import Failure
from infra_ref.gateway.port import HttpError
from infra_ref.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitExceeded(Failure):
    """The rate is used up; a call may go after `retry_after` seconds, None where others wait in front."""

    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterUnavailable(Failure):
    """The limiter's store did not answer in time, so the rate is unknown."""

    retryable = True


NotAcquired: TypeAlias = RateLimitExceeded | LimiterUnavailable


class RateLimiter(Protocol):
    """Lets calls through at no more than a rate, for each key by itself, first come first served."""

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Result[None, NotAcquired]:
        """Return `Ok` once the call may go; `Err` at once if that would take longer than `patience` seconds.

        None waits however long it takes. A caller that is cancelled while it waits takes nothing.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled(HttpError):
    """Not sent: our own rate limit is used up, or the limiter is unavailable."""

    retryable = True
    message = "was not sent: over our own rate limit"
