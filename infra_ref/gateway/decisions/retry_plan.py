"""Whether to try again, and when."""

from __future__ import annotations

from dataclasses import dataclass

from infra_ref.gateway.port import SAFE, HttpError, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently. Times in seconds.

    After attempt n the wait is at most `base * 2**n`, never more than `longest`.
    `jitter` is the share of it that is drawn at random: 1 is full jitter, which
    spreads callers best (Brooker, Exponential Backoff and Jitter, AWS, 2015), 0
    is none. A peer that asks by Retry-After for more than `patience` is not
    waited for. The defaults are the text's: 3 attempts, 2**n s.
    """

    attempts: int = 3
    base: float = 1.0
    longest: float = 60.0
    jitter: float = 1.0
    patience: float = 300.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts counts the first one too, so it is 1 or more, not {self.attempts!r}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter is a share of the wait, from 0 to 1, not {self.jitter!r}")
        for name in ("base", "longest", "patience"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is in seconds and not below 0, not {getattr(self, name)!r}")


def repeatable(request: Request) -> bool:
    """Return whether sending it twice does no harm: a safe method, or an idempotency key."""
    return request.method in SAFE or request.options.idempotency_key is not None


def backoff(policy: RetryPolicy, attempt: int, draw: float) -> float:
    """Return the wait after that attempt, counted from 1; `draw` is a random number from 0 to 1.

    >>> [backoff(RetryPolicy(jitter=0), n, 0.5) for n in (1, 2, 3, 2000)]
    [2.0, 4.0, 8.0, 60.0]
    """
    ceiling = min(policy.longest, policy.base * 2.0 ** min(attempt, 900))  # 2.0**1024 would overflow
    return ceiling * (1 - policy.jitter * draw)


def next_wait(
    policy: RetryPolicy, error: HttpError, *, attempt: int, left: float | None, draw: float
) -> float | None:
    """Return the seconds to wait before the next attempt, None to give up.

    `left` are the seconds to the deadline, None for no deadline. A wait that
    would reach it is not begun: nothing could come of it.
    """
    if not error.transient:
        return None
    asked = error.retry_after or 0.0
    wait = max(asked, backoff(policy, attempt, draw))
    if asked > policy.patience or (left is not None and wait >= left):
        return None
    return wait
