"""`SqlAlchemyRepository` keeps every rule of a repository, on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Integer, MetaData, Table, Text, event

from infra_ref.repository.contracts.parcels import PARCEL, Parcel, ParcelContract
from infra_ref.repository.sqlalchemy_repository import SqlAlchemyRepository
from infra_ref.repository.sqlalchemy_sqlite_database import SqliteDatabase
from infra_ref.repository.sqlalchemy_types import Moment

METADATA = MetaData()
PARCELS = Table(
    "parcels",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("weight", BigInteger, nullable=False),
    Column("price", Double),
    Column("note", Text),
    Column("label", Text, unique=True),
    Column("fragile", Boolean, nullable=False),
    Column("sent_at", Moment),
    Column("version", BigInteger, nullable=False),
)
ITEMS = Table(
    "items",
    METADATA,
    Column("parcel_id", Text, ForeignKey("parcels.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("grams", BigInteger, nullable=False),
)


class Counter:
    """Counts the statements that a database is sent."""

    def __init__(self) -> None:
        self.sent = 0

    def __call__(self) -> int:
        return self.sent

    def watch(self, database: SqliteDatabase) -> None:
        def before(*_: Any) -> None:
            self.sent += 1

        for engine in database.engines:
            event.listen(engine, "before_cursor_execute", before)


Parcels = SqlAlchemyRepository[Parcel, str]


def on(database: SqliteDatabase) -> Parcels:
    return SqlAlchemyRepository(database, PARCEL, PARCELS, ITEMS)


class OnSqlite:
    @cached_property
    def statements(self) -> Counter:
        return Counter()

    @property
    def unreachable(self) -> Parcels:
        return on(SqliteDatabase("/no/such/folder/parcels.db"))

    @asynccontextmanager
    async def make(self) -> AsyncIterator[Parcels]:
        database = SqliteDatabase(None)
        try:
            await database.write("make tables", METADATA.create_all)
            self.statements.watch(database)
            yield on(database)
        finally:
            await database.close()


class TestSqlAlchemyRepositoryOnSqlite(OnSqlite, ParcelContract): ...
