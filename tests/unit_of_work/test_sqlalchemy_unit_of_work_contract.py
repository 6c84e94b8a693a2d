"""`SqlAlchemyUnitOfWork` keeps every rule of a unit of work, on SQLite in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Table, Text, event

from infra_ref.repository.schema import Schema
from infra_ref.repository.sqlalchemy_repository import SqlAlchemyRepository
from infra_ref.repository.sqlalchemy_sqlite_database import SqliteDatabase
from infra_ref.unit_of_work.contracts.unit_of_work_contract import ACCOUNT, TRANSFER, UnitOfWorkContract
from infra_ref.unit_of_work.port import MakeUnit, UnitOfWork
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyUnitOfWork

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


@dataclass
class Nowhere:
    """An entity whose table was never made."""

    id: str


NOWHERE = Schema(Nowhere, version=None)
NO_TABLE = Table("nowhere", MetaData(), Column("id", Text, primary_key=True))


class TestSqliteUnits(UnitOfWorkContract):
    lacks: ClassVar = {
        "concurrency": "in memory there is one connection: while a unit holds it, the others wait",
        "in_use": "in memory there is one connection, and no pool",
        "cut_off": "SQLite is in the same process",
        "writers": "SQLite has one writer at a time",
    }

    sent = 0

    def statements(self) -> int:
        return self.sent

    def count(self, *_: Any) -> None:
        self.sent += 1

    @asynccontextmanager
    async def make(self) -> AsyncIterator[MakeUnit]:
        database = SqliteDatabase(None)
        mappers: list[Any] = [
            SqlAlchemyRepository(database, ACCOUNT, ACCOUNTS),
            SqlAlchemyRepository(database, TRANSFER, TRANSFERS),
            SqlAlchemyRepository(database, NOWHERE, NO_TABLE),
        ]
        try:
            await database.write("make tables", METADATA.create_all)
            for engine in database.engines:
                event.listen(engine, "before_cursor_execute", self.count)
            yield lambda: SqlAlchemyUnitOfWork(database, mappers, publish=self.publish)
        finally:
            await database.close()

    async def fail_to_read(self, unit: UnitOfWork) -> object:
        return await unit.repository(Nowhere).get_all()
