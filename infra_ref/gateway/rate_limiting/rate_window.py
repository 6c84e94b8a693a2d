"""A rate that holds in every window of time, wherever it begins."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf

NANOSECOND = 1e-9
"""Seconds. A sum of floats may miss its mark by less than this."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` calls in any `per` seconds."""

    limit: int
    per: float

    def __post_init__(self) -> None:
        if type(self.limit) is not int or self.limit < 1 or not 0 < self.per < inf:
            raise ValueError(f"a rate is 1 call or more in more than 0 s, not {self.limit!r} in {self.per!r}")


class RateWindow:
    """Remembers the last `limit` calls, and so knows when the next may go.

    A token bucket of that size would let twice the rate through in a window
    that begins just before it is full again.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._taken: deque[float] = deque(maxlen=rate.limit)

    def wait(self, now: float, ahead: int = 0) -> float:
        """Return in how many seconds a call may go that has `ahead` others in front of it."""
        taken, per, later = self._taken, self._rate.per, 0.0
        while (index := len(taken) + ahead - self._rate.limit) >= 0:
            if index < len(taken):
                wait = taken[index] + per - now
                return later + (wait if wait > NANOSECOND else 0.0)
            later += per  # one of those in front has to go first, and it has a window of its own
            ahead = index - len(taken)
        return later

    def take(self, now: float) -> None:
        """Note that a call goes now."""
        self._taken.append(now)

    def idle(self, now: float) -> bool:
        """Return whether all that is remembered is too old to matter."""
        return not self._taken or self._taken[-1] + self._rate.per <= now
