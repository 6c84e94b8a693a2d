"""A queryable repository on SQL."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import BigInteger, Connection, Table, func, literal, select

from infra_ref.repository.queries import Queries
from infra_ref.repository.query_port import Query
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification_port import Specification
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_repository import SqlAlchemyRepository
from infra_ref.repository.sqlalchemy_specification import clause, ordering

T = TypeVar("T")
K = TypeVar("K")


class SqlAlchemyQueryableRepository(Queries[T], SqlAlchemyRepository[T, K]):
    """A `SqlAlchemyRepository` that answers specifications and queries."""

    def __init__(
        self,
        database: SqlAlchemyDatabase,
        schema: Schema[T],
        table: Table,
        children: Table | None = None,
        *,
        cursor_secret: bytes = b"",
    ) -> None:
        super().__init__(database, schema, table, children)
        self.cursor_secret = cursor_secret

    async def _select(self, query: Query) -> list[T]:
        return await self._read(lambda connection: self.select_rows(connection, query))

    async def _count(self, spec: Specification) -> int:
        return await self._read(lambda connection: self.count_rows(connection, spec))

    # Plain functions of a connection, for a unit of work as well. They raise Refused.

    def select_rows(self, connection: Connection, query: Query) -> list[T]:
        """Return the entities that satisfy the query, in its order."""
        dialect = connection.dialect.name

        def order(columns: Any) -> list[Any]:
            return ordering(query.order, columns, dialect)

        wanted = select(*self._columns).where(clause(query.where, self._table.c, dialect))
        wanted = wanted.order_by(*order(self._table.c)).limit(query.limit)
        if query.offset:
            wanted = wanted.offset(literal(query.offset, BigInteger))
        return self._children.entities(connection.execute(self._children.join(wanted, order)))

    def count_rows(self, connection: Connection, spec: Specification) -> int:
        """Return how many rows satisfy it."""
        where = clause(spec, self._table.c, connection.dialect.name)
        return connection.scalars(select(func.count()).select_from(self._table).where(where)).one()
