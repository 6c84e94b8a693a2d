"""The port of an event store, and what can be relied on.

A store never forgets and never changes an event. Each subject's events are
numbered from 1 without a gap; this is their `version`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from infra_ref.events import DomainEvent
from infra_ref.failures import Failure

START = ""
"""The cursor before the first event."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some events in the order of the store, and the cursor to go on from."""

    events: tuple[DomainEvent, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a subject's events up to `version` come to; `state` is plain JSON data."""

    subject: str
    version: int
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrongVersion(Failure):
    """The subject has another version than was expected: read its events again and decide afresh."""

    subject: str
    expected: int
    actual: int
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.subject!r} has version {self.actual}, not {self.expected}; nothing was written"


class EventStore(Protocol):
    """Keeps events for good. Raises Refused as its database does, with NotSerialisable or EventTooLarge."""

    async def save_event(self, event: DomainEvent, *, expected_version: int | None = None) -> None:
        """Append one event; see `save_events`."""
        ...

    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        """Append events of one subject, all or none, and number them.

        `expected_version` is the subject's version before them, 0 for a new one; None where it does not
        matter. An event that has a version expects the one before it. Events that are stored already, by
        their ids, are no error. Raises Refused with WrongVersion, ValueError for events of several subjects
        or with other versions than they would get, or of which only some are stored.
        """
        ...

    async def get_events(self, aggregate_id: str) -> list[DomainEvent]:
        """Return the subject's events, the oldest first; none for one that is not known."""
        ...

    async def get_events_after(self, aggregate_id: str, version: int) -> list[DomainEvent]:
        """Return the subject's events with a greater version than that."""
        ...

    async def get_all_events(self, from_timestamp: datetime | None = None) -> list[DomainEvent]:
        """Return all events with that time or a later one, in the order of the store.

        Not for following the store: clocks differ and writers overtake each other. `follow` is.
        """
        ...

    async def follow(self, after: str = START, *, limit: int = 1000) -> Slice:
        """Return events after the cursor, and the next cursor; at the end none, and the given cursor.

        It stops before the first event whose writer has not committed: none is ever skipped.
        Raises ValueError for a cursor that the store did not give.
        """
        ...


class SnapshotStore(Protocol):
    """Keeps the latest snapshot of each subject. It may be dropped at any time: the events are the truth."""

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep it, unless there is a later one."""
        ...

    async def get_snapshot(self, subject: str) -> Snapshot | None:
        """Return the latest, None if there is none."""
        ...


def expected(events: Sequence[DomainEvent], expected_version: int | None) -> int | None:
    """Return the version before these events, None where it does not matter; raises as `save_events` does."""
    subjects = {event.subject for event in events}
    if len(subjects) > 1:
        raise ValueError(f"events of one subject are saved together, not of {', '.join(sorted(subjects))}")
    for n, event in enumerate(events):
        if event.version is not None and expected_version is None:
            expected_version = event.version - 1 - n
        if event.version is not None and event.version != (expected_version or 0) + 1 + n:
            raise ValueError(
                f"event {event.id!r} would get version {(expected_version or 0) + 1 + n}, not {event.version}"
            )
    return expected_version
