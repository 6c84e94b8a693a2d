"""The inbox in SQL keeps its contract, on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Column, Connection, MetaData, StaticPool, Table, Text, create_engine, insert, select

from infra_ref.clock import FakeClock
from infra_ref.event_bus.contracts.inbox_contract import KEEP, REDELIVERY, InboxContract
from infra_ref.event_bus.sql_inbox import INBOX, SqlInbox
from infra_ref.events import DomainEvent

TABLES = MetaData()
EFFECTS = Table("effects", TABLES, Column("event_id", Text, nullable=False))
INBOX.to_metadata(TABLES)


class Inline:
    """A database in this thread: SQLite in memory, for one task at a time."""

    def __init__(self, metadata: MetaData) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        metadata.create_all(self.engine)

    async def read(self, doing: str, work: Callable[[Connection], Any]) -> Any:
        with self.engine.connect() as connection:
            return work(connection)

    async def write(self, doing: str, work: Callable[[Connection], Any]) -> Any:
        with self.engine.begin() as connection:
            return work(connection)


class TestSqlInbox(InboxContract):
    @asynccontextmanager
    async def make(self, clock: FakeClock) -> Any:
        self.database = Inline(TABLES)
        yield self.inbox_of("mailer", KEEP, REDELIVERY)
        self.database.engine.dispose()

    def inbox_of(self, group: str, keep: float, redelivery: float) -> SqlInbox:
        def now() -> float:
            return self.clock.now().timestamp()

        return SqlInbox(self.database, group, keep=keep, redelivery=redelivery, now=now)

    def effect(self, handle: Connection, event: DomainEvent) -> None:
        handle.execute(insert(EFFECTS), {"event_id": event.id})

    async def effects(self) -> list[str]:
        found = select(EFFECTS.c.event_id)
        return list(await self.database.read("look", lambda handle: handle.scalars(found).all()))
