"""Show how a check goes on, while it runs."""

from __future__ import annotations

import asyncio
import sys

from infra_ref.contract.rule import Rule

SLOW = 2.0
"""Seconds after which a rule is worth a line."""


class Progress:
    """Writes to stderr which rule is still running after two seconds; override it to show more."""

    def __init__(self) -> None:
        self._slow: asyncio.TimerHandle | None = None

    def starts(self, rule: Rule) -> None:
        """Called just before a rule is tried."""
        self._slow = asyncio.get_running_loop().call_later(SLOW, self._still_running, rule)

    def ends(self, rule: Rule) -> None:
        """Called after it, however it ended."""
        if self._slow is not None:
            self._slow.cancel()

    def _still_running(self, rule: Rule) -> None:
        sys.stderr.write(f"{rule.number} has been running for {SLOW:g} s: {rule.says}\n")
        sys.stderr.flush()
