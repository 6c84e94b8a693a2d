"""The repository on SQL keeps both contracts: SQLite by file, PostgreSQL by both drivers."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine

from infra_ref.repository.contracts.parcels import PARCEL, Parcel, ParcelContract
from infra_ref.repository.contracts.query_contract import QueryContract
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.repository.sqlalchemy_sqlite_database import SqliteDatabase
from tests.repository.databases import ITEMS, PARCELS, Counter, postgres, sqlite

Parcels = SqlAlchemyQueryableRepository[Parcel, str]


class Counted:
    @cached_property
    def statements(self) -> Counter:
        return Counter()


class SqliteFile(Counted):
    @property
    def unreachable(self) -> Parcels:
        return on(SqliteDatabase("/no/such/folder/parcels.db"))

    @asynccontextmanager
    async def make(self) -> AsyncIterator[Parcels]:
        with tempfile.TemporaryDirectory() as folder:
            async with sqlite(Path(folder) / "parcels.db", counter=self.statements) as database:
                yield on(database)


class Postgres(Counted):
    driver = "asyncpg"

    @property
    def unreachable(self) -> Parcels:
        return on(
            SqlAlchemyDatabase(create_async_engine(f"postgresql+{self.driver}://nobody@127.0.0.1:1/none"))
        )

    @asynccontextmanager
    async def make(self) -> AsyncIterator[Parcels]:
        async with postgres(self.driver, counter=self.statements) as database:
            yield on(database)


class Psycopg(Postgres):
    driver = "psycopg"


def on(database: Any) -> Parcels:
    return SqlAlchemyQueryableRepository(database, PARCEL, PARCELS, ITEMS)


class TestSqliteFileRepository(SqliteFile, ParcelContract): ...


class TestSqliteFileQueries(SqliteFile, QueryContract): ...


class TestAsyncpgRepository(Postgres, ParcelContract): ...


class TestAsyncpgQueries(Postgres, QueryContract): ...


class TestPsycopgRepository(Psycopg, ParcelContract): ...


class TestPsycopgQueries(Psycopg, QueryContract): ...
