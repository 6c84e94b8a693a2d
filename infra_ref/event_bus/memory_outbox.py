"""An outbox in the tables of a database in memory."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from infra_ref.event_bus.database_port import Database
from infra_ref.event_bus.delivery.event_codec import encode
from infra_ref.event_bus.outbox_port import Unsent
from infra_ref.event_bus.queue_port import Message
from infra_ref.events import DomainEvent

Tables: TypeAlias = dict[type, dict[Any, Any]]
"""Rows by their kind and key, which a rollback puts back."""


class OutboxRow(NamedTuple):
    """What is kept of an event."""

    message: Message
    added: float


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
