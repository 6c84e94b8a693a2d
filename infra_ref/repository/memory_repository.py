"""A repository in this process's memory: the fake for tests, held to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Generic, TypeVar

from infra_ref.failures import Refused
from infra_ref.repository.errors import (
    BrokenReference,
    Conflict,
    Duplicate,
    Missing,
    ReadFailure,
    WriteFailure,
    outcome,
)
from infra_ref.repository.memory_database import MemoryDatabase, Tables
from infra_ref.repository.schema import Schema
from infra_ref.result import Result

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")


class MemoryRepository(Generic[T, K]):
    """A `Repository` of its own, or in a `MemoryDatabase` that others share.

    users: MemoryRepository[User, str] = MemoryRepository(Schema(User))
    """

    def __init__(self, schema: Schema[T], database: MemoryDatabase | None = None) -> None:
        self.schema, self._database = schema, database or MemoryDatabase()
        self._database.schemas[schema.entity] = schema
        self._database.tables.setdefault(schema.entity, {})

    async def get_by_id(self, key: K) -> Result[T | None, ReadFailure]:
        self.schema.check_key(key)
        return await outcome(self._read(lambda tables: self.get_row(tables, key)))

    async def get_all(self) -> Result[list[T], ReadFailure]:
        return await outcome(self._read(self.all_rows))

    async def exists(self, key: K) -> bool:
        self.schema.check_key(key)
        return await self._read(lambda tables: key in tables[self.schema.entity])

    async def create(self, entity: T) -> Result[T, WriteFailure]:
        return (await self.create_many([entity])).map(itemgetter(0))

    async def update(self, entity: T) -> Result[T, WriteFailure]:
        return (await self.update_many([entity])).map(itemgetter(0))

    async def delete(self, key: K, *, version: int | None = None) -> Result[None, WriteFailure]:
        return (await self.delete_many({key: version})).map(lambda _: None)

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        stored = self.schema.to_store(entities, lambda _: 1)
        return await outcome(self._write(stored, lambda tables: self.insert_rows(tables, stored)))

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        stored = self.schema.to_store(entities, lambda entity: self.schema.version_of(entity) + 1)
        return await outcome(self._write(stored, lambda tables: self.update_rows(tables, stored)))

    async def delete_many(self, keys: Iterable[K] | Mapping[K, int | None]) -> Result[int, WriteFailure]:
        versions = dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(keys)
        for key, version in versions.items():
            self.schema.check_key(key, version)
        write = self._write([], lambda tables: self.delete_rows(tables, versions))
        return (await outcome(write)).map(lambda _: len(versions))

    async def _read(self, work: Callable[[Tables], R]) -> R:
        return await self._database.read(f"read {self.schema.name}", work)

    async def _write(self, stored: list[T], work: Callable[[Tables], None]) -> list[T]:
        await self._database.write(f"write {self.schema.name}", work)
        return [self._copy(row) for row in stored]

    # Plain functions of the tables, for a unit of work as well. They raise Refused.

    def get_row(self, tables: Tables, key: Any) -> T | None:
        """Return a copy of the row, or None."""
        row = tables[self.schema.entity].get(key)
        return None if row is None else self._copy(row)

    def all_rows(self, tables: Tables) -> list[T]:
        """Return copies of all rows, sorted by key."""
        return [self._copy(row) for _, row in sorted(tables[self.schema.entity].items())]

    def insert_rows(self, tables: Tables, stored: Sequence[T]) -> None:
        """Add rows."""
        self._put(tables, stored, new=True)

    def update_rows(self, tables: Tables, stored: Sequence[T]) -> None:
        """Replace the rows of the version before."""
        self._put(tables, stored, new=False)

    def delete_rows(self, tables: Tables, versions: Mapping[Any, int | None]) -> None:
        """Remove the rows that have these versions; None is any."""
        rows = tables[self.schema.entity]
        for key, version in versions.items():
            self._check_version(rows, key, version)
            del rows[key]
        for other in self._database.schemas.values():
            if self.schema.entity in other.references.values():
                self._check_references(tables, other, tables[other.entity].values())

    def _put(self, tables: Tables, stored: Sequence[T], *, new: bool) -> None:
        rows = tables[self.schema.entity]
        owners = {(name, getattr(row, name)): key for name in self.schema.unique for key, row in rows.items()}
        for row in stored:
            key = self.schema.key_of(row)
            if not new:
                self._check_version(rows, key, self.schema.version_of(row) - 1)
            elif key in rows:
                raise Refused(Duplicate(key, self.schema.key))
            for name in self.schema.unique:
                owners.pop((name, getattr(rows.get(key), name, None)), None)
                value = name, getattr(row, name)
                if value[1] is not None and owners.setdefault(value, key) != key:
                    raise Refused(Duplicate(key, name))
            rows[key] = row
        self._check_references(tables, self.schema, stored)

    def _check_version(self, rows: dict[Any, T], key: Any, expected: int | None) -> None:
        if key not in rows:
            raise Refused(Missing(key))
        actual = self.schema.version_of(rows[key])
        if self.schema.version and expected not in (None, actual):
            raise Refused(Conflict(key, expected, actual))

    def _check_references(self, tables: Tables, schema: Schema[Any], rows: Iterable[Any]) -> None:
        for field, entity in schema.references.items():
            keys = {getattr(row, field) for row in rows} - {None}
            if keys - tables.get(entity, {}).keys():
                raise Refused(BrokenReference(self.schema.name))

    def _copy(self, row: T) -> T:
        return self.schema.copy(row, self.schema.version_of(row))
