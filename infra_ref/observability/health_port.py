"""The port of health: whether this process lives, and whether it can serve.

Liveness depends on nothing: it answers as long as the process can, so that no store's outage restarts
it. Readiness asks what requests need: while it fails, nothing should be sent here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

Status: TypeAlias = Literal["pass", "warn", "fail"]

Check: TypeAlias = Callable[[], Awaitable[object]]
"""Asks for something small, and raises if it did not get it."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What was found: `fail` as soon as a critical check failed, `warn` if only others did.

    It goes to whoever asks, so it says no more than each check's name and status.
    """

    status: Status
    checks: Mapping[str, Status] = field(default_factory=dict[str, Status])


class Health(Protocol):
    """The checks of a process."""

    def add(self, name: str, check: Check, *, critical: bool = True, seconds: float = 2.0) -> None:
        """Ask `check` too, which has that long to answer. What is not `critical` can only warn.

        Raises ValueError for a name that is there already, and for a time that is not above 0.
        """
        ...

    async def live(self) -> HealthReport:
        """Return that the process lives; asks no check."""
        ...

    async def ready(self) -> HealthReport:
        """Ask all checks at once, and return what they say. Many who call at once share one asking.

        It takes no longer than the slowest check may. Raises nothing that a check raises.
        """
        ...
