"""Every event store keeps every rule of its contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.store_contract import UPCASTS, EventStoreContract, SnapshotStoreContract
from infra_ref.event_bus.memory_event_store import MemoryEventStore
from infra_ref.event_bus.sql_event_store import SqlEventStore, append
from infra_ref.events import DomainEvent
from tests.event_bus.databases import OnPostgres, OnSqlite


class InMemory(Contract):
    lacks: ClassVar = {"slow_writer": "a writer is never half done: nothing here waits"}

    def make(self) -> MemoryEventStore:
        return MemoryEventStore(upcasts=UPCASTS)


class TestMemoryEventStore(InMemory, EventStoreContract):
    pass


class TestMemorySnapshots(InMemory, SnapshotStoreContract):
    pass


class InSql(Contract):
    open_database: Any
    database: Any
    kind: type[SqlEventStore] = SqlEventStore

    @asynccontextmanager
    async def make(self) -> AsyncIterator[SqlEventStore]:
        async with self.open_database() as database:
            yield self.kind(database, upcasts=UPCASTS)


class TestSqliteEventStore(InSql, OnSqlite, EventStoreContract):
    pass


class TestSqliteSnapshots(InSql, OnSqlite, SnapshotStoreContract):
    pass


class InPostgres(InSql, OnPostgres):
    @asynccontextmanager
    async def slow_writer(self, subject: str) -> AsyncIterator[None]:
        writing, may_commit = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def write(handle: Any) -> None:
            append(handle, [DomainEvent(type="user.renamed", subject=subject)], None)
            loop.call_soon(writing.set)
            from sqlalchemy.util import await_only

            await_only(may_commit.wait())

        task = asyncio.create_task(self.database.write("append slowly", write))
        await writing.wait()
        yield
        may_commit.set()
        await task


class TestAsyncpgEventStore(InPostgres, EventStoreContract):
    pass


class TestAsyncpgSnapshots(InPostgres, SnapshotStoreContract):
    pass


class TestPsycopgEventStore(InPostgres, EventStoreContract):
    driver = "psycopg"
