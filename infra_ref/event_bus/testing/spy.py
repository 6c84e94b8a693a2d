"""A handler that notes what it is given."""

from __future__ import annotations

from collections.abc import Callable

from infra_ref.events import DomainEvent


class Spy:
    """A handler that notes the subject of what it is given, and fails on demand."""

    event_type = "user.renamed"

    def __init__(self, name: str = "spy", *, fails: Callable[[DomainEvent], int] = lambda event: 0) -> None:
        self.id, self.fails = name, fails
        self.events: list[DomainEvent] = []
        self.tried: list[str] = []

    @property
    def seen(self) -> list[str]:
        return [event.subject for event in self.events]

    def can_handle(self, event: DomainEvent) -> bool:
        return event.subject != "unwanted"

    async def handle(self, event: DomainEvent) -> None:
        self.tried.append(event.id)
        if self.tried.count(event.id) <= self.fails(event):
            raise ConnectionError("not now")
        self.events.append(event)
