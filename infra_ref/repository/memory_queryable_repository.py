"""A queryable repository in memory, and the database that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from infra_ref.failures import Refused
from infra_ref.repository.errors import BrokenReference
from infra_ref.repository.memory_repository import MemoryRepository, Tables
from infra_ref.repository.queries import Queries
from infra_ref.repository.query_port import Query
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification_port import EVERYTHING, Specification

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")


class MemoryDatabase:
    """The tables of several repositories, gone with the process. References between them are kept."""

    def __init__(self) -> None:
        self.tables: Tables = {}
        self.schemas: dict[type, Schema[Any]] = {}

    async def read(self, doing: str, work: Callable[[Tables], R]) -> R:
        """Return what `work` returns."""
        return work(self.tables)

    async def write(self, doing: str, work: Callable[[Tables], R]) -> R:
        """Return what `work` returns; if it raises, nothing was changed."""
        draft = copied(self.tables)
        result = work(draft)
        self.tables = draft
        return result


class MemoryQueryableRepository(Queries[T], MemoryRepository[T, K]):
    """A `QueryableRepository` of its own, or in a `MemoryDatabase` that others share."""

    def __init__(
        self, schema: Schema[T], database: MemoryDatabase | None = None, *, cursor_secret: bytes = b""
    ) -> None:
        super().__init__(schema)
        self.cursor_secret, self._database = cursor_secret, database or MemoryDatabase()
        self._database.schemas[schema.entity] = schema
        self._database.tables.setdefault(schema.entity, {})

    async def read(self, work: Callable[[Tables], R]) -> R:
        return await self._database.read(f"read {self.schema.name}", work)

    async def write(self, work: Callable[[Tables], None]) -> None:
        await self._database.write(f"write {self.schema.name}", work)

    async def _select(self, query: Query, also: Specification = EVERYTHING) -> list[T]:
        return await self.read(lambda tables: self.select_rows(tables, query, also))

    async def _count(self, spec: Specification) -> int:
        return await self.read(lambda tables: self.count_rows(tables, spec))

    # Plain functions of the tables, for a unit of work as well.

    def select_rows(self, tables: Tables, query: Query, also: Specification = EVERYTHING) -> list[T]:
        """Return copies of the rows that satisfy the query and `also`."""
        wanted = query.where & also
        rows = [row for row in tables[self.schema.entity].values() if wanted.matches(row)]
        for order in reversed(query.order):  # the sort is stable: least significant first
            rows.sort(key=lambda row: none_last(getattr(row, order.field)), reverse=order.descending)
        end = None if query.limit is None else query.offset + query.limit
        return [self._copy(row) for row in rows[query.offset : end]]

    def count_rows(self, tables: Tables, spec: Specification) -> int:
        """Return how many rows satisfy it."""
        return sum(map(spec.matches, tables[self.schema.entity].values()))

    def insert_rows(self, tables: Tables, stored: Sequence[T]) -> None:
        super().insert_rows(tables, stored)
        self._check_references(tables, self.schema, stored)

    def update_rows(self, tables: Tables, stored: Sequence[T]) -> None:
        super().update_rows(tables, stored)
        self._check_references(tables, self.schema, stored)

    def delete_rows(self, tables: Tables, versions: Mapping[Any, int | None]) -> None:
        super().delete_rows(tables, versions)
        for other in self._database.schemas.values():
            if self.schema.entity in other.references.values():
                self._check_references(tables, other, tables[other.entity].values())

    def _check_references(self, tables: Tables, schema: Schema[Any], rows: Iterable[Any]) -> None:
        for field, entity in schema.references.items():
            keys = {getattr(row, field) for row in rows} - {None}
            if keys - tables.get(entity, {}).keys():
                raise Refused(BrokenReference(self.schema.name))


def copied(tables: Tables) -> Tables:
    """Return tables that can be changed apart from these; the rows are the same."""
    return {entity: dict(rows) for entity, rows in tables.items()}


def none_last(value: Any) -> tuple[bool, Any]:
    """Sort None after every value."""
    return value is None, value
