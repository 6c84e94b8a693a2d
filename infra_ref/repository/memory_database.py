"""A database in this process's memory: rows by key, unique fields, references, transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from infra_ref.repository.port import (
    BrokenReference,
    Conflict,
    Duplicate,
    Refused,
    Schema,
)

R = TypeVar("R")


class Tables:
    """The rows of each kind of entity, by key.

    A row is an entity that nobody else holds and that is never changed, only
    replaced. So copying the dicts copies everything, and a row that is still
    the same object is still the same row.
    """

    def __init__(self, rows: dict[type, dict[Any, Any]], schemas: dict[type, Schema[Any]]) -> None:
        self._rows, self._schemas = rows, schemas

    def of(self, schema: Schema[Any]) -> Mapping[Any, Any]:
        """Return the rows of this kind."""
        self._schemas.setdefault(schema.entity, schema)
        return self._rows.setdefault(schema.entity, {})

    def put(self, schema: Schema[Any], new: Mapping[Any, Any]) -> None:
        """Add or replace rows, one after the other. Refused with Duplicate or BrokenReference."""
        self._place(schema, new)
        self._check_references(schema, new.values())

    def remove(self, schema: Schema[Any], keys: Iterable[Any]) -> None:
        """Remove rows that are there. Refused with BrokenReference while others point at them."""
        for key in keys:
            del self._held(schema)[key]
        self._check_pointers_to(schema)

    def replace(self, changes: Iterable[tuple[Schema[Any], Any, Any]]) -> None:
        """Put rows, or remove them (None), all at one moment. Refused with Duplicate or BrokenReference."""
        put: dict[Schema[Any], dict[Any, Any]] = {}
        for schema, key, row in changes:
            self._held(schema).pop(key, None)
            new = put.setdefault(schema, {})
            if row is not None:
                new[key] = row
        for schema, new in put.items():
            self._place(schema, new)
        for schema, new in put.items():
            self._check_references(schema, new.values())
            self._check_pointers_to(schema)

    def copy(self) -> Tables:
        """Return tables that can be changed apart from these."""
        return Tables({entity: dict(rows) for entity, rows in self._rows.items()}, self._schemas)

    def changes(self, since: Tables) -> Iterator[tuple[Schema[Any], Any, Any, Any]]:
        """Give schema, key, the row then and the row now (None: not there) for all that differ."""
        for entity, schema in self._schemas.items():
            now, then = self._rows.get(entity, {}), since._rows.get(entity, {})
            for key in now.keys() | then.keys():
                if now.get(key) is not then.get(key):
                    yield schema, key, then.get(key), now.get(key)

    def _held(self, schema: Schema[Any]) -> dict[Any, Any]:
        rows = self.of(schema)
        assert isinstance(rows, dict)
        return rows

    def _place(self, schema: Schema[Any], new: Mapping[Any, Any]) -> None:
        rows = self._held(schema)
        holders = {
            field: {getattr(row, field): key for key, row in rows.items()} for field in schema.unique[1:]
        }
        for key, row in new.items():
            for field, holder in holders.items():
                value = getattr(row, field)
                if value is not None and holder.get(value, key) != key:
                    raise Refused(Duplicate(key, field))
                if key in rows:
                    holder.pop(getattr(rows[key], field), None)
                holder[value] = key
            rows[key] = row

    def _check_pointers_to(self, schema: Schema[Any]) -> None:
        for other in list(self._schemas.values()):
            if schema.entity in other.references.values():
                self._check_references(other, self.of(other).values(), blame=schema)

    def _check_references(
        self,
        schema: Schema[Any],
        rows: Iterable[Any],
        *,
        blame: Schema[Any] | None = None,
    ) -> None:
        for field, entity in schema.references.items():
            held = self._rows.get(entity, {})
            if any(getattr(row, field) is not None and getattr(row, field) not in held for row in rows):
                raise Refused(BrokenReference((blame or schema).name))


class MemoryDatabase:
    """A `Database` for tests, first steps and the browser; it is gone with the process."""

    def __init__(self) -> None:
        self.tables = Tables({}, {})

    async def read(self, doing: str, work: Callable[[Tables], R]) -> R:
        return work(self.tables)

    async def write(self, doing: str, work: Callable[[Tables], R]) -> R:
        draft = self.tables.copy()
        result = work(draft)
        self.tables = draft
        return result

    async def begin(self) -> MemoryTransaction:
        return MemoryTransaction(self)


class MemoryTransaction:
    """A `Transaction` on a copy of the tables. Nobody waits: a row that two change is the first one's."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._start = database.tables
        self._draft = database.tables.copy()

    async def run(self, doing: str, work: Callable[[Tables], R]) -> R:
        return work(self._draft)

    async def savepoint(self) -> MemorySavepoint:
        return MemorySavepoint(self, self._draft.copy())

    async def commit(self) -> None:
        if self._database.tables is not self._start:
            self._draft = self._merged(self._database.tables.copy())
        self._database.tables = self._draft

    async def rollback(self) -> None:
        self._draft = self._start.copy()

    def back_to(self, tables: Tables) -> None:
        """Forget what was done since these tables were copied."""
        self._draft = tables

    def _merged(self, current: Tables) -> Tables:
        """Do what was done here on top of what others have committed since."""
        changes = list(self._draft.changes(since=self._start))
        for schema, key, then, _ in changes:
            held = current.of(schema).get(key)
            if held is not then and then is None:
                raise Refused(Duplicate(key, schema.key))
            if held is not then:
                raise Refused(
                    Conflict(
                        key,
                        schema.version_of(then),
                        schema.version_of(held) if held else None,
                    )
                )
        current.replace((schema, key, now) for schema, key, _, now in changes)
        return current


class MemorySavepoint:
    """A `Savepoint`: the tables as they were."""

    def __init__(self, transaction: MemoryTransaction, before: Tables) -> None:
        self._transaction, self._before = transaction, before

    async def release(self) -> None:
        return

    async def rollback(self) -> None:
        self._transaction.back_to(self._before)
