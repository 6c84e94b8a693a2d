"""The six verbs of a mapper, on the tables of the memory database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from infra_ref.repository.cursor import total_order
from infra_ref.repository.memory_database import Tables
from infra_ref.repository.port import (
    Conflict,
    Duplicate,
    Missing,
    Query,
    Refused,
    Schema,
    Specification,
)

T = TypeVar("T")


class MemoryMapper(Generic[T]):
    """A `Mapper` that keeps copies of entities as rows."""

    def __init__(self, schema: Schema[T]) -> None:
        self.schema = schema

    def get(self, tables: Tables, key: Any) -> T | None:
        row = tables.of(self.schema).get(key)
        return None if row is None else self.schema.copy(row)

    def select(self, tables: Tables, query: Query, also: Specification) -> list[T]:
        wanted = query.where & also
        rows = [row for row in tables.of(self.schema).values() if wanted.matches(row)]
        for order in reversed(total_order(query, self.schema)):  # the sort is stable: least significant first

            def place(row: T, field: str = order.field) -> tuple[bool, Any]:
                value = getattr(row, field)
                return value is None, value

            rows.sort(key=place, reverse=order.descending)
        end = None if query.limit is None else query.offset + query.limit
        return [self.schema.copy(row) for row in rows[query.offset : end]]

    def count(self, tables: Tables, spec: Specification) -> int:
        return sum(spec.matches(row) for row in tables.of(self.schema).values())

    def insert(self, tables: Tables, entities: Sequence[T]) -> None:
        rows = tables.of(self.schema)
        new: dict[Any, T] = {}
        for entity in entities:
            key = self.schema.key_of(entity)
            if key in rows or key in new:
                raise Refused(Duplicate(key, self.schema.key))
            new[key] = self.schema.copy(entity, version=1)
        tables.put(self.schema, new)

    def update(self, tables: Tables, entities: Sequence[T]) -> None:
        new: dict[Any, T] = {}
        for entity in entities:
            key, version = self.schema.key_of(entity), self.schema.version_of(entity)
            self._check_version(tables, key, version)
            if key in new:
                raise Refused(Conflict(key, version, version + 1))
            new[key] = self.schema.copy(entity, version=version + 1)
        tables.put(self.schema, new)

    def delete(self, tables: Tables, versions: Mapping[Any, int | None]) -> None:
        for key, version in versions.items():
            self._check_version(tables, key, version)
        tables.remove(self.schema, versions)

    def _check_version(self, tables: Tables, key: Any, expected: int | None) -> None:
        row = tables.of(self.schema).get(key)
        if row is None:
            raise Refused(Missing(key))
        actual = self.schema.version_of(row)
        if expected is not None and expected != actual:
            raise Refused(Conflict(key, expected, actual))
