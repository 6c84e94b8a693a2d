"""A queryable repository in this process's memory."""

from __future__ import annotations

from typing import Any, TypeVar

from infra_ref.repository.memory_database import MemoryDatabase, Tables
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.repository.queries import Queries
from infra_ref.repository.query_port import Query
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification_port import Specification

T = TypeVar("T")
K = TypeVar("K")


class MemoryQueryableRepository(Queries[T], MemoryRepository[T, K]):
    """A `MemoryRepository` that answers specifications and queries."""

    def __init__(
        self, schema: Schema[T], database: MemoryDatabase | None = None, *, cursor_secret: bytes = b""
    ) -> None:
        super().__init__(schema, database)
        self.cursor_secret = cursor_secret

    async def _select(self, query: Query) -> list[T]:
        return await self._read(lambda tables: self.select_rows(tables, query))

    async def _count(self, spec: Specification) -> int:
        return await self._read(lambda tables: self.count_rows(tables, spec))

    # Plain functions of the tables, for a unit of work as well.

    def select_rows(self, tables: Tables, query: Query) -> list[T]:
        """Return copies of the rows that satisfy the query, in its order."""
        rows = list(filter(query.where.matches, tables[self.schema.entity].values()))
        for order in reversed(query.order):  # the sort is stable: least significant first
            rows.sort(key=lambda row: none_last(getattr(row, order.field)), reverse=order.descending)
        end = None if query.limit is None else query.offset + query.limit
        return [self._copy(row) for row in rows[query.offset : end]]

    def count_rows(self, tables: Tables, spec: Specification) -> int:
        """Return how many rows satisfy it."""
        return sum(map(spec.matches, tables[self.schema.entity].values()))


def none_last(value: Any) -> tuple[bool, Any]:
    """Sort None after every value."""
    return value is None, value
