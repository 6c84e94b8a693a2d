"""The unit of work keeps its contract on SQLite by file, and on PostgreSQL by both drivers."""

from __future__ import annotations

from tests.unit_of_work.benches import Postgres, Psycopg, SqliteFile


class TestSqliteFileUnits(SqliteFile): ...


class TestAsyncpgUnits(Postgres): ...


class TestPsycopgUnits(Psycopg): ...
