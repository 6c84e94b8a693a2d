"""A repository on any SQL database that SQLAlchemy Core knows how to speak to."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Connection, Table

from infra_ref.repository.port import Database, Schema
from infra_ref.repository.sqlalchemy_mapper import SqlAlchemyMapper
from infra_ref.repository.stored_repository import StoredRepository

T = TypeVar("T")
K = TypeVar("K")


class SqlAlchemyRepository(StoredRepository[T, K]):
    """A `QueryableRepository` of the rows of one table, and of a second one for a collection.

    `database` is a `SqlAlchemyDatabase` or a `SqliteDatabase`:

        database = SqliteDatabase(sqlite_engine("shop.db"))
        users: SqlAlchemyRepository[User, str] = SqlAlchemyRepository(database, Schema(User), users_table)
    """

    def __init__(
        self,
        database: Database[Connection],
        schema: Schema[T],
        table: Table,
        children: Table | None = None,
        *,
        cursor_secret: bytes = b"",
    ) -> None:
        super().__init__(database, SqlAlchemyMapper(schema, table, children), cursor_secret=cursor_secret)
