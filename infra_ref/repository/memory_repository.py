"""A repository in this process's memory: the fake for tests, held to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Generic, TypeAlias, TypeVar

from infra_ref.failures import Refused
from infra_ref.repository.errors import Conflict, Duplicate, Missing, ReadFailure, WriteFailure, outcome
from infra_ref.repository.schema import Schema
from infra_ref.result import Ok, Result

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")

Tables: TypeAlias = dict[type, dict[Any, Any]]
"""The rows of each entity by key. A row is an entity that is only ever replaced, never changed."""


class MemoryRepository(Generic[T, K]):
    """A `Repository` that is gone with the process.

    users: MemoryRepository[User, str] = MemoryRepository(Schema(User))
    """

    def __init__(self, schema: Schema[T]) -> None:
        self.schema, self.tables = schema, Tables({schema.entity: {}})

    async def get_by_id(self, key: K) -> Result[T | None, ReadFailure]:
        self.schema.check_key(key)
        return Ok(await self.read(lambda tables: self.get_row(tables, key)))

    async def get_all(self) -> Result[list[T], ReadFailure]:
        return Ok(await self.read(self.all_rows))

    async def exists(self, key: K) -> bool:
        self.schema.check_key(key)
        return await self.read(lambda tables: key in self._rows(tables))

    async def create(self, entity: T) -> Result[T, WriteFailure]:
        return (await self.create_many([entity])).map(itemgetter(0))

    async def update(self, entity: T) -> Result[T, WriteFailure]:
        return (await self.update_many([entity])).map(itemgetter(0))

    async def delete(self, key: K, *, version: int | None = None) -> Result[None, WriteFailure]:
        return (await self.delete_many({key: version})).map(lambda _: None)

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        stored = self.schema.to_store(entities, lambda _: 1)
        written = await outcome(self.write(lambda tables: self.insert_rows(tables, stored)))
        return written.map(lambda _: list(map(self._copy, stored)))

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        stored = self.schema.to_store(entities, lambda entity: self.schema.version_of(entity) + 1)
        written = await outcome(self.write(lambda tables: self.update_rows(tables, stored)))
        return written.map(lambda _: list(map(self._copy, stored)))

    async def delete_many(self, keys: Iterable[K] | Mapping[K, int | None]) -> Result[int, WriteFailure]:
        versions = dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(keys)
        for key, version in versions.items():
            self.schema.check_key(key, version)
        deleted = await outcome(self.write(lambda tables: self.delete_rows(tables, versions)))
        return deleted.map(lambda _: len(versions))

    async def read(self, work: Callable[[Tables], R]) -> R:
        """Return what `work` returns."""
        return work(self.tables)

    async def write(self, work: Callable[[Tables], None]) -> None:
        """Do the work on a copy, which takes effect if it does not raise."""
        draft = {entity: dict(rows) for entity, rows in self.tables.items()}
        work(draft)
        self.tables = draft

    # Plain functions of the tables. They raise Refused.

    def get_row(self, tables: Tables, key: Any) -> T | None:
        """Return a copy of the row, or None."""
        row = self._rows(tables).get(key)
        return None if row is None else self._copy(row)

    def all_rows(self, tables: Tables) -> list[T]:
        """Return copies of all rows, sorted by key."""
        return [self._copy(row) for _, row in sorted(self._rows(tables).items())]

    def insert_rows(self, tables: Tables, stored: Sequence[T]) -> None:
        """Add rows."""
        put = self._putting(tables)
        for row in stored:
            if (key := self.schema.key_of(row)) in self._rows(tables):
                raise Refused(Duplicate(key, self.schema.key))
            put(row)

    def update_rows(self, tables: Tables, stored: Sequence[T]) -> None:
        """Replace the rows of the version before."""
        put = self._putting(tables)
        for row in stored:
            self._check_version(tables, self.schema.key_of(row), self.schema.version_of(row) - 1)
            put(row)

    def delete_rows(self, tables: Tables, versions: Mapping[Any, int | None]) -> None:
        """Remove the rows that have these versions; None is any."""
        for key, version in versions.items():
            self._check_version(tables, key, version)
            del self._rows(tables)[key]

    def _rows(self, tables: Tables) -> dict[Any, T]:
        return tables[self.schema.entity]

    def _putting(self, tables: Tables) -> Callable[[T], None]:
        """Return a function that puts a row in its place, unless another has one of its unique values."""
        rows, schema = self._rows(tables), self.schema
        owners = {name: {getattr(row, name): key for key, row in rows.items()} for name in schema.unique}

        def put(row: T) -> None:
            key = schema.key_of(row)
            for name, owner in owners.items():
                value = getattr(row, name)
                if value is not None and owner.get(value, key) != key:
                    raise Refused(Duplicate(key, name))
                if key in rows:
                    owner.pop(getattr(rows[key], name), None)
                owner[value] = key
            rows[key] = row

        return put

    def _check_version(self, tables: Tables, key: Any, expected: int | None) -> None:
        if (row := self._rows(tables).get(key)) is None:
            raise Refused(Missing(key))
        actual = self.schema.version_of(row)
        if self.schema.version and expected not in (None, actual):
            raise Refused(Conflict(key, expected, actual))

    def _copy(self, row: T) -> T:
        return self.schema.copy(row, self.schema.version_of(row))
