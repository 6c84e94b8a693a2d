"""The snapshots in SQL keep their contract, on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, StaticPool, create_engine

from infra_ref.event_bus.contracts.store_contract import SnapshotStoreContract
from infra_ref.event_bus.sql_snapshots import SNAPSHOT_TABLES, SqlSnapshots


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


class TestSqlSnapshots(SnapshotStoreContract):
    @asynccontextmanager
    async def make(self) -> Any:
        database = Inline(SNAPSHOT_TABLES)
        yield SqlSnapshots(database)
        database.engine.dispose()
