"""The event store in SQL keeps its contract, on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from sqlalchemy import Connection, MetaData, StaticPool, create_engine

from infra_ref.event_bus.contracts.store_contract import UPCASTS, EventStoreContract
from infra_ref.event_bus.sql_event_store import STORE, SqlEventStore


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


class TestSqlEventStore(EventStoreContract):
    lacks: ClassVar = {"slow_writer": "SQLite lets one writer in at a time"}

    @asynccontextmanager
    async def make(self) -> Any:
        database = Inline(STORE)
        yield SqlEventStore(database, upcasts=UPCASTS)
        database.engine.dispose()
