"""The outbox in SQL keeps its contract, on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, StaticPool, create_engine

from infra_ref.clock import FakeClock
from infra_ref.event_bus.contracts.outbox_contract import OutboxContract
from infra_ref.event_bus.sql_outbox import OUTBOX_TABLES, SqlOutbox


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


class TestSqlOutbox(OutboxContract):
    @asynccontextmanager
    async def make(self, clock: FakeClock) -> Any:
        self.database = Inline(OUTBOX_TABLES)
        yield SqlOutbox(self.database, now=lambda: clock.now().timestamp())
        self.database.engine.dispose()
