"""The unit of work keeps its contract in memory, on SQLite and on PostgreSQL by both drivers."""

from __future__ import annotations

from tests.unit_of_work.benches import Memory, Postgres, Psycopg, Sqlite, SqliteFile


class TestMemoryUnits(Memory): ...


class TestSqliteUnits(Sqlite): ...


class TestSqliteFileUnits(SqliteFile): ...


class TestAsyncpgUnits(Postgres): ...


class TestPsycopgUnits(Psycopg): ...
