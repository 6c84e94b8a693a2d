"""The unit of work keeps its contract on SQLite by file, and on PostgreSQL by both drivers."""

from __future__ import annotations

from infra_ref.unit_of_work.contracts.queryable_unit_of_work_contract import QueryableUnitOfWorkContract
from infra_ref.unit_of_work.sqlalchemy_queryable_unit_of_work import SqlAlchemyQueryableUnitOfWork
from tests.unit_of_work.benches import Postgres, Psycopg, SqliteFile


class Queryable(QueryableUnitOfWorkContract):
    kind = SqlAlchemyQueryableUnitOfWork


class TestSqliteFileUnits(Queryable, SqliteFile): ...


class TestAsyncpgUnits(Queryable, Postgres): ...


class TestPsycopgUnits(Queryable, Psycopg): ...
