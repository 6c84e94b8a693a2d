"""Whether to try again, when, and how often in all."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra_ref.backoff import Backoff, Random
from infra_ref.gateway.port import SAFE, HttpError, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineExceeded(HttpError):
    """The whole call took longer than its deadline; `last` is the last attempt's error, if any."""

    seconds: float
    last: HttpError | None = None
    may_have_acted = True
    message = "had not succeeded after {0.seconds:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently to try again.

    `attempts` is the total, the first included. A peer that asks by Retry-After
    for more than `patience` seconds is not waited for.
    """

    attempts: int = 3
    backoff: Backoff = field(default_factory=Backoff)
    patience: float = 300.0

    def __post_init__(self) -> None:
        if type(self.attempts) is not int or self.attempts < 1:
            raise ValueError(f"attempts is 1 or more, the first included, not {self.attempts!r}")
        if not self.patience >= 0:
            raise ValueError(f"patience is in seconds and not below 0, not {self.patience!r}")

    def wait(self, error: HttpError, attempt: int, left: float, random: Random) -> float | None:
        """Return the seconds to wait after that attempt, counted from 1; None to give up.

        `left` is the number of seconds to the deadline. A wait that would reach it is
        not begun: nothing could come of it.
        """
        if not error.retryable:
            return None
        asked = error.retry_after or 0.0
        wait = max(asked, self.backoff.wait(attempt, random))
        if asked > self.patience or wait >= left:
            return None
        return wait


def repeatable(request: Request) -> bool:
    """Return whether sending it twice does no harm: a safe method, or an idempotency key."""
    return request.method in SAFE or request.options.idempotency_key is not None


class RetryBudget:
    """Allows retries for `percent` of the calls, and `reserve` on top.

    Three attempts a call would triple the traffic of a peer that is down just
    when it comes back; with 20 percent it grows by a fifth. Unused allowance is
    not saved beyond the reserve, so a good day buys no storm. The defaults are
    those of Finagle, but for its minimum per second.
    """

    def __init__(self, *, percent: int = 20, reserve: int = 10) -> None:
        if percent < 0 or reserve < 0:
            raise ValueError(f"percent and reserve are not below 0, not {percent!r} and {reserve!r}")
        self._percent, self._most = percent, reserve * 100
        self._left = self._most  # in hundredths of a retry, so that sums are exact

    def deposit(self) -> None:
        """Count a call."""
        self._left += self._percent
        # A little above the reserve, so that without any reserve a percentage still comes to whole retries.
        self._left = min(self._left, self._most + 100)

    def withdraw(self) -> bool:
        """Take a retry; return whether one was left."""
        if self._left < 100:
            return False
        self._left -= 100
        return True
