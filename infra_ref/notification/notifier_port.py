"""The port of a notifier: one notice, by every channel that there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from infra_ref.failures import Failure
from infra_ref.notification.port import one_line
from infra_ref.result import Result


@dataclass(frozen=True, slots=True)
class Notice:
    """What somebody should know. A short channel may send the `subject` alone.

    Raises ValueError for a subject that is not one line.
    """

    subject: str
    text: str = field(default="", repr=False)
    idempotency_key: str | None = None

    def __post_init__(self) -> None:
        one_line("a subject", self.subject)


Delivered: TypeAlias = Result[None, Failure]


class Channel(Protocol):
    """One way to reach somebody."""

    async def deliver(self, notice: Notice) -> Delivered:
        """Deliver it."""
        ...


class Notifier(Protocol):
    """Delivers a notice by several channels at once."""

    async def notify(self, notice: Notice) -> Mapping[str, Delivered]:
        """Return what became of it, by the channel's name, whatever a channel does."""
        ...
