"""The port of alerts: what is told to a person, once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class AlertRule:
    """When to tell somebody. Raises ValueError for a rule that could not fire, or not resolve.

    `reading` returns what is watched; None while there is nothing to say, such as an error rate without
    calls, which begins no alert and ends none. It fires once that was at or above `above` for `lasts`
    seconds without a break, and resolves once it was at or below `below` for as long. Between the two it
    stays what it is: a value about one limit would otherwise fire and resolve all night.
    """

    name: str
    reading: Callable[[], float | None]
    above: float
    below: float
    lasts: float = 60.0

    def __post_init__(self) -> None:
        if not self.below <= self.above:
            raise ValueError(f"{self.name}: below {self.below} is above {self.above}; it could never be over")
        if not 0 <= self.lasts < float("inf"):
            raise ValueError(f"{self.name}: lasts is in seconds, 0 or more, not {self.lasts!r}")


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told: that the rule `name` began to fire, or that it is over. `value` is the last reading."""

    name: str
    state: Literal["firing", "resolved"]
    value: float
    time: datetime

    def __str__(self) -> str:
        return f"{self.name} is {self.state}: {self.value:g}"


Notify: TypeAlias = Callable[[Alert], Awaitable[object]]
"""Tells a person, by mail or message, such as `await notifier.notify(Notice(str(alert)))` does.

Nobody was told if it raises, or gives an `Err`, or a mapping of channels to nothing but `Err`.
"""


class Alerts(Protocol):
    """Watches rules."""

    async def evaluate(self) -> list[Alert]:
        """Read every rule once, and tell what began or ended; return what was told.

        Call it every few seconds. What could not be told is told by a later call, unless it is
        over by then. Raises nothing that a reading or the notifier raises.
        """
        ...
