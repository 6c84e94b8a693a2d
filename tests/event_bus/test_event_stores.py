"""The event store keeps every rule of its contract on every database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.util import await_only

from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.store_contract import UPCASTS, EventStoreContract, SnapshotStoreContract
from infra_ref.event_bus.sql_event_store import SqlEventStore, append
from infra_ref.event_bus.sql_snapshots import SqlSnapshots
from infra_ref.events import DomainEvent
from tests.event_bus.databases import OnPostgres, OnSqlite


class Events(Contract):
    open_database: Any
    database: Any

    @asynccontextmanager
    async def make(self) -> AsyncIterator[SqlEventStore]:
        async with self.open_database() as database:
            yield SqlEventStore(database, upcasts=UPCASTS)


class Snapshots(Contract):
    open_database: Any

    @asynccontextmanager
    async def make(self) -> AsyncIterator[SqlSnapshots]:
        async with self.open_database() as database:
            yield SqlSnapshots(database)


class OnServer(Events, OnPostgres):
    @asynccontextmanager
    async def slow_writer(self, subject: str) -> AsyncIterator[None]:
        writing, may_commit = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def write(handle: Any) -> None:
            append(handle, [DomainEvent(type="user.renamed", subject=subject)], None)
            loop.call_soon(writing.set)
            await_only(may_commit.wait())

        task = asyncio.create_task(self.database.write("append slowly", write))
        await writing.wait()
        yield
        may_commit.set()
        await task


class TestEventsOnSqlite(Events, OnSqlite, EventStoreContract):
    pass


class TestEventsOnAsyncpg(OnServer, EventStoreContract):
    pass


class TestEventsOnPsycopg(OnServer, EventStoreContract):
    driver = "psycopg"


class TestSnapshotsOnSqlite(Snapshots, OnSqlite, SnapshotStoreContract):
    pass


class TestSnapshotsOnAsyncpg(Snapshots, OnPostgres, SnapshotStoreContract):
    pass
