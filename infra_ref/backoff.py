"""`Backoff`: how long to wait between attempts."""

from __future__ import annotations

import random as _random
from collections.abc import Callable
from dataclasses import dataclass

Random = Callable[[], float]
"""Gives a number from 0 up to 1; pass a seeded one for a repeatable run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential backoff with jitter. Times in seconds.

    After attempt n, counted from 1, the wait is at most `base * 2**n` and never
    more than `longest`. `jitter` is the share of it that is random: 1 is full
    jitter, which spreads callers best (Brooker, Exponential Backoff and Jitter,
    AWS, 2015); 0 is none. Raises ValueError for values out of range.

    >>> [Backoff(jitter=0).wait(n) for n in (1, 2, 3, 2000)]
    [2.0, 4.0, 8.0, 60.0]
    """

    base: float = 1.0
    longest: float = 60.0
    jitter: float = 1.0

    def __post_init__(self) -> None:
        for name in ("base", "longest"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is a number of seconds from 0 up, not {getattr(self, name)!r}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter is a share of the wait, from 0 to 1, not {self.jitter!r}")

    def wait(self, attempt: int, random: Random = _random.random) -> float:
        """Return the seconds to wait after that attempt. Raises ValueError for one below 1."""
        if attempt < 1:
            raise ValueError(f"attempts are counted from 1, not {attempt}")
        ceiling = min(self.longest, self.base * 2.0 ** min(attempt, 900))  # 2.0**1024 overflows
        return ceiling * (1 - self.jitter * random())
