"""For every rule of `EventStoreContract` and `SnapshotStoreContract`, a store that breaks just that one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from infra_ref.event_bus.memory_event_store import MemoryEventStore
from infra_ref.event_bus.store_port import START, Slice, Snapshot
from infra_ref.events import DomainEvent
from tests.event_bus.broken.noting import noting

BROKEN: dict[str, Any] = {}
breaks = noting(BROKEN)
SNAPSHOTS: dict[str, Any] = {}
breaks_snapshots = noting(SNAPSHOTS)


class Model(MemoryEventStore):
    """A store that numbers an event before its writer commits, as PostgreSQL does."""

    _pending: int | None = None

    @asynccontextmanager
    async def slow_writer(self, subject: str) -> AsyncIterator[None]:
        self._pending = len(self._log)
        await self.save_event(DomainEvent(type="user.renamed", subject=subject))
        yield
        self._pending = None

    async def follow(self, after: str = START, *, limit: int = 1000) -> Slice:
        at = int(after) if after.isdecimal() else 0
        return await super().follow(after, limit=limit if self._pending is None else self._pending - at)


@breaks("STORE-01")
class LosesTheCorrelation(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        bare = [replace(event, correlation_id=None) for event in events]
        await super().save_events(bare, expected_version=expected_version)


@breaks("STORE-02")
class TakesTheFuture(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        there = len(self._by_subject.get(events[0].subject, [])) if events else 0
        future = expected_version is not None and expected_version > there
        await super().save_events(events, expected_version=None if future else expected_version)


@breaks("STORE-03")
class ChecksThenActs(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        there = len(self._by_subject.get(events[0].subject, [])) if events else 0
        await asyncio.sleep(0)
        acts = expected_version == there and all(event.version is None for event in events)
        await super().save_events(events, expected_version=None if acts else expected_version)


@breaks("STORE-04")
class SavesAgain(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        if expected_version is None and all(event.id in self._ids for event in events):
            self._ids -= {event.id for event in events}
        await super().save_events(events, expected_version=expected_version)


@breaks("STORE-05")
class Inclusive(Model):
    async def get_events_after(self, aggregate_id: str, version: int) -> list[DomainEvent]:
        return await super().get_events_after(aggregate_id, version - 1)


@breaks("STORE-06")
class MustBeKnown(Model):
    async def get_events_after(self, aggregate_id: str, version: int) -> list[DomainEvent]:
        if aggregate_id == "nobody":
            raise LookupError(aggregate_id)
        return await super().get_events_after(aggregate_id, version)


@breaks("STORE-07")
class SavesTheRest(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        rest = list({event.id: event for event in events if event.id not in self._ids}.values())
        await super().save_events(rest, expected_version=expected_version)


@breaks("STORE-08")
class SortsByTime(Model):
    async def get_all_events(self, from_timestamp: datetime | None = None) -> list[DomainEvent]:
        return sorted(await super().get_all_events(from_timestamp), key=lambda event: event.time)


@breaks("STORE-09")
class GivesTheLastAgain(Model):
    async def follow(self, after: str = START, *, limit: int = 1000) -> Slice:
        part = await super().follow(after, limit=limit)
        return Slice(part.events, str(int(part.cursor) - 1)) if len(part.events) == 3 else part


@breaks("STORE-10")
class SkipsTheSlow(Model):
    async def follow(self, after: str = START, *, limit: int = 1000) -> Slice:
        part = await MemoryEventStore.follow(self, after, limit=limit)
        return part if self._pending is None else Slice(part.events[: self._pending], part.cursor)


@breaks("STORE-11")
class TakesAnyCursor(Model):
    async def follow(self, after: str = START, *, limit: int = 1000) -> Slice:
        return await super().follow(after if after.isdecimal() else START, limit=limit)


@breaks("STORE-12")
class SavesSeveral(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        for subject in {event.subject for event in events}:
            of_one = [event for event in events if event.subject == subject]
            await super().save_events(of_one, expected_version=expected_version)


@breaks("STORE-13")
class ForgetsTheVersion(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        bare = [replace(event, version=None) for event in events]
        await super().save_events(bare, expected_version=expected_version)


@breaks("STORE-14")
class DropsTheUnknown(Model):
    def _read(self, bodies: Sequence[bytes]) -> list[DomainEvent]:
        return [event for event in super()._read(bodies) if event.type != "of.the.future"]

    async def follow(self, after: str = START, *, limit: int = 1000) -> Slice:
        part = await super().follow(after, limit=limit)
        return Slice((*part.events, *part.events), part.cursor) if "cents" in str(part.events) else part


@breaks("STORE-15")
class ExpectsUnasked(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        unasked = expected_version is None and bool(events) and events[0].version is None
        there = len(self._by_subject.get(events[0].subject, [])) if events else 0
        await asyncio.sleep(0)
        await super().save_events(events, expected_version=there if unasked else expected_version)


@breaks("STORE-16")
class WritesAnything(Model):
    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        texts = [replace(event, data={}) if "lock" in event.data else event for event in events]
        await super().save_events(texts, expected_version=expected_version)


@breaks_snapshots("SNAP-01")
class KeepsNumbersOnly(MemoryEventStore):
    async def save_snapshot(self, snapshot: Snapshot) -> None:
        numbers = {name: value for name, value in snapshot.state.items() if isinstance(value, int)}
        await super().save_snapshot(replace(snapshot, state=numbers))


@breaks_snapshots("SNAP-02")
class KeepsTheLast(MemoryEventStore):
    async def save_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshots.pop(snapshot.subject, None)
        await super().save_snapshot(snapshot)
