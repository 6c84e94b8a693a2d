"""`Retrying`: how often a handler is tried, and how long that can take."""

from __future__ import annotations

from dataclasses import dataclass

from infra_ref.backoff import Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """`attempts` in all, the first included, each cut off after `timeout` seconds, `backoff` in between.

    Raises ValueError for less than one attempt, or no time.
    """

    attempts: int = 5
    backoff: Backoff = Backoff()  # noqa: RUF009 - frozen
    timeout: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.timeout <= 0:
            raise ValueError(f"retrying takes at least one attempt and some time for it, not {self}")

    def longest(self) -> float:
        """Return the seconds from the start of the first attempt to the end of the last, at most."""
        waits = sum(self.backoff.wait(n, random=lambda: 0.0) for n in range(1, self.attempts))
        return self.attempts * self.timeout + waits
