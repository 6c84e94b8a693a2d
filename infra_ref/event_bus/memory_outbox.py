"""An outbox and an inbox in the tables of a database in memory."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from infra_ref.event_bus.database_port import Database
from infra_ref.event_bus.event_codec import encode
from infra_ref.event_bus.outbox_port import Unsent, checked_memory
from infra_ref.event_bus.queue_port import Message
from infra_ref.events import DomainEvent

Tables: TypeAlias = dict[type, dict[Any, Any]]
"""Rows by their kind and key, which a rollback puts back."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """What is kept of an event."""

    message: Message
    added: float


@dataclass(frozen=True, slots=True)
class InboxRow:
    """When a group had an event."""

    time: float


class MemoryOutbox:
    """An `Outbox` for one process; `now` gives seconds."""

    def __init__(self, database: Database[Tables], *, now: Callable[[], float] = time.monotonic) -> None:
        self._database, self._now = database, now
        self._positions = itertools.count(1)
        self._claims: dict[str, tuple[str, float]] = {}

    def add(self, handle: Tables, events: Sequence[DomainEvent], /) -> None:
        for event in events:
            message = Message(id=event.id, key=event.subject, body=encode(event))
            handle.setdefault(OutboxRow, {})[next(self._positions)] = OutboxRow(message, self._now())

    async def claim(self, owner: str, *, seconds: float, limit: int) -> list[Unsent]:
        now, mine, found = self._now(), set[str](), list[Unsent]()
        for position, row in await self._rows():
            subject = row.message.key
            if subject not in mine and self._claims.get(subject, ("", now))[1] <= now:
                self._claims[subject] = owner, now + seconds
                mine.add(subject)
            if subject in mine and len(found) < limit:
                found.append(Unsent(position, row.message))
        return found

    async def sent(self, owner: str, unsent: Sequence[Unsent]) -> None:
        now = self._now()
        mine = {subject for subject, (whose, until) in self._claims.items() if whose == owner and until > now}
        gone = [one.position for one in unsent if one.message.key in mine]

        def work(tables: Tables) -> None:
            for position in gone:
                tables.get(OutboxRow, {}).pop(position, None)

        await self._database.write("clear the outbox", work)
        self._claims = {subject: claim for subject, claim in self._claims.items() if claim[0] != owner}

    async def put_off(self, owner: str, subject: str, *, seconds: float) -> None:
        if self._claims.get(subject, ("", 0.0))[0] == owner:
            self._claims[subject] = "", self._now() + seconds

    async def oldest(self) -> float | None:
        added = [row.added for _, row in await self._rows()]
        return self._now() - min(added) if added else None

    async def _rows(self) -> list[tuple[int, OutboxRow]]:
        return await self._database.read(
            "look into the outbox", lambda tables: sorted(tables.get(OutboxRow, {}).items())
        )


class MemoryInbox:
    """An `Inbox` of one group for one process; times in seconds."""

    def __init__(
        self,
        database: Database[Tables],
        group: str,
        *,
        keep: float,
        redelivery: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._group, self._now = database, group, now
        self._keep = checked_memory(keep, redelivery)

    async def once(self, event: DomainEvent, effect: Callable[[Tables, DomainEvent], None]) -> bool:
        def work(tables: Tables) -> bool:
            seen = tables.setdefault(InboxRow, {})
            if (self._group, event.id) in seen:
                return False
            seen[self._group, event.id] = InboxRow(self._now())
            effect(tables, event)
            return True

        return await self._database.write(f"handle event {event.id}", work)

    async def purge(self) -> int:
        before = self._now() - self._keep

        def work(tables: Tables) -> int:
            seen = tables.setdefault(InboxRow, {})
            old = [key for key, row in seen.items() if key[0] == self._group and row.time < before]
            for key in old:
                del seen[key]
            return len(old)

        return await self._database.write("purge the inbox", work)
