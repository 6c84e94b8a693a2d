"""The databases that hold events, outboxes and inboxes in tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from sqlalchemy import Column, MetaData, Table, Text, insert, select

from infra_ref.contract import Contract
from infra_ref.event_bus.sql_event_store import STORE
from infra_ref.event_bus.sql_inbox import INBOX_TABLES
from infra_ref.event_bus.sql_outbox import OUTBOX_TABLES
from infra_ref.event_bus.sql_snapshots import SNAPSHOT_TABLES
from infra_ref.events import DomainEvent
from tests.repository.databases import postgres, sqlite

TABLES = MetaData()
EFFECTS = Table("effects", TABLES, Column("event_id", Text, nullable=False))
for metadata in (STORE, SNAPSHOT_TABLES, OUTBOX_TABLES, INBOX_TABLES):
    for table in metadata.sorted_tables:
        table.to_metadata(TABLES)


class OnSql(Contract):
    database: Any

    @asynccontextmanager
    async def open_database(self) -> AsyncIterator[Any]:
        async with self.opened() as self.database:
            yield self.database

    def opened(self) -> Any:
        raise NotImplementedError

    def effect(self, handle: Any, event: DomainEvent) -> None:
        handle.execute(insert(EFFECTS), {"event_id": event.id})

    async def effects(self) -> list[str]:
        found = select(EFFECTS.c.event_id)
        return list(await self.database.read("look", lambda handle: handle.scalars(found).all()))


class OnSqlite(OnSql):
    lacks: ClassVar = {"slow_writer": "SQLite lets one writer in at a time"}

    def opened(self) -> Any:
        return sqlite(None, TABLES)


class OnPostgres(OnSql):
    driver = "asyncpg"

    def opened(self) -> Any:
        return postgres(self.driver, TABLES)
