"""The databases that units of work are held to their contract on."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Table, Text

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.repository.schema import Schema
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.unit_of_work.contracts.unit_of_work_contract import ACCOUNT, TRANSFER, UnitOfWorkContract
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork
from infra_ref.unit_of_work.port import MakeUnit, UnitOfWork
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyUnitOfWork
from tests.repository.databases import Counter, cutting, postgres_in, schema, sqlite

METADATA = MetaData()
ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("owner", Text, unique=True),
    Column("balance", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
)
TRANSFERS = Table(
    "transfers",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
)

ONE_WRITER = "SQLite has one writer at a time"


@dataclass
class Nowhere:
    """An entity whose table was never made."""

    id: str


NOWHERE = Schema(Nowhere, version=None)
NO_TABLE = Table("nowhere", MetaData(), Column("id", Text, primary_key=True))


def mappers(database: Any) -> list[Any]:
    return [
        SqlAlchemyQueryableRepository(database, ACCOUNT, ACCOUNTS),
        SqlAlchemyQueryableRepository(database, TRANSFER, TRANSFERS),
        SqlAlchemyQueryableRepository(database, NOWHERE, NO_TABLE),
    ]


def in_memory(database: Any) -> list[Any]:
    return [MemoryQueryableRepository(one, database) for one in (ACCOUNT, TRANSFER)]


class Bench(UnitOfWorkContract):
    """A contract whose units are of `kind`."""

    kind: type[Any] = SqlAlchemyUnitOfWork

    def units(self, database: Any, some: list[Any]) -> MakeUnit:
        return lambda: self.kind(database, some, publish=self.publish)


class Memory(Bench):
    kind = MemoryUnitOfWork
    lacks: ClassVar[Mapping[str, str]] = {
        "statements": "memory is sent no statements",
        "in_use": "memory has no connections",
        "cut_off": "memory has no connection to cut",
        "fail_to_read": "memory always answers",
    }

    async def make(self) -> MakeUnit:
        database = MemoryDatabase()
        return self.units(database, in_memory(database))


class Counted(Bench):
    pool: Any = None

    @cached_property
    def statements(self) -> Counter:
        return Counter()

    def in_use(self) -> int:
        return int(self.pool.checkedout())

    async def fail_to_read(self, unit: UnitOfWork) -> object:
        return await unit.repository(Nowhere).get_all()


class Sqlite(Counted):
    lacks: ClassVar[Mapping[str, str]] = {
        "concurrency": "in memory there is one connection: while a unit holds it, the others wait",
        "in_use": "in memory there is one connection, and no pool",
        "cut_off": "SQLite is in the same process",
        "writers": ONE_WRITER,
    }

    @asynccontextmanager
    async def make(self) -> AsyncIterator[MakeUnit]:
        async with sqlite(metadata=METADATA, counter=self.statements) as database:
            yield self.units(database, mappers(database))


class SqliteFile(Counted):
    lacks: ClassVar[Mapping[str, str]] = {"cut_off": "SQLite is in the same process", "writers": ONE_WRITER}

    @asynccontextmanager
    async def make(self) -> AsyncIterator[MakeUnit]:
        with tempfile.TemporaryDirectory() as folder:
            async with sqlite(Path(folder) / "bank.db", METADATA, self.statements) as database:
                self.pool = database.engine.pool
                yield self.units(database, mappers(database))


class Postgres(Counted):
    driver = "asyncpg"
    cut: Any = None

    @asynccontextmanager
    async def make(self) -> AsyncIterator[MakeUnit]:
        async with schema(self.driver, METADATA) as name, postgres_in(name, self.driver) as database:
            self.statements.watch(database)
            self.pool = database.engine.pool
            async with (
                cutting("COMMIT", after="UPDATE") as port,
                postgres_in(name, self.driver, port=port) as cut,
            ):
                self.cut = self.units(cut, mappers(cut))
                yield self.units(database, mappers(database))

    def cut_off(self) -> UnitOfWork:
        unit: UnitOfWork = self.cut()
        return unit


class Psycopg(Postgres):
    driver = "psycopg"
