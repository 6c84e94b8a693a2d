"""An event store within one process."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import datetime

from infra_ref.event_bus.delivery.event_codec import Upcast, decode, encode
from infra_ref.event_bus.store_port import START, Slice, Snapshot, WrongVersion, expected
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused


class MemoryEventStore:
    """An `EventStore` and `SnapshotStore` for one process. It keeps bytes, as a real one does."""

    def __init__(self, *, upcasts: Mapping[str, Upcast] | None = None) -> None:
        self._upcasts = upcasts or {}
        self._log: list[bytes] = []
        self._by_subject: dict[str, list[bytes]] = {}
        self._ids: set[str] = set()
        self._snapshots: dict[str, Snapshot] = {}

    async def save_event(self, event: DomainEvent, *, expected_version: int | None = None) -> None:
        await self.save_events([event], expected_version=expected_version)

    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        wanted = expected(events, expected_version)
        known = [event.id for event in events if event.id in self._ids]
        if len(known) == len(events):
            return
        if known or len({event.id for event in events}) < len(events):
            raise ValueError(f"only some of these events are stored already, or one is there twice: {known}")
        there = self._by_subject.get(events[0].subject, [])
        if wanted not in (None, len(there)):
            raise Refused(WrongVersion(events[0].subject, wanted or 0, len(there)))
        new = [encode(event, version=len(there) + n) for n, event in enumerate(events, 1)]
        self._by_subject.setdefault(events[0].subject, []).extend(new)
        self._log += new
        self._ids |= {event.id for event in events}

    async def get_events(self, aggregate_id: str) -> list[DomainEvent]:
        return await self.get_events_after(aggregate_id, 0)

    async def get_events_after(self, aggregate_id: str, version: int) -> list[DomainEvent]:
        return self._read(self._by_subject.get(aggregate_id, [])[max(version, 0) :])

    async def get_all_events(self, from_timestamp: datetime | None = None) -> list[DomainEvent]:
        events = self._read(self._log)
        return [event for event in events if from_timestamp is None or event.time >= from_timestamp]

    async def follow(self, after: str = START, *, limit: int = 1000) -> Slice:
        if after != START and not after.isdecimal():
            raise ValueError(f"{after!r} is no cursor of this store: begin with START")
        at = int(after or 0)
        events = self._read(self._log[at : at + limit])
        return Slice(tuple(events), str(at + len(events)) if events else after)

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        there = self._snapshots.get(snapshot.subject)
        if there is None or there.version < snapshot.version:
            self._snapshots[snapshot.subject] = copy.deepcopy(snapshot)

    async def get_snapshot(self, subject: str) -> Snapshot | None:
        return copy.deepcopy(self._snapshots.get(subject))

    def _read(self, bodies: Sequence[bytes]) -> list[DomainEvent]:
        return [decode(body, self._upcasts) for body in bodies]
