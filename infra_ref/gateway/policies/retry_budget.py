"""How many retries all calls together may make."""

from __future__ import annotations


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
