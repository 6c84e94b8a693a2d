"""A unit of work in this process's memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeAlias, TypeVar

from infra_ref.failures import Refused
from infra_ref.repository.errors import Conflict, Duplicate
from infra_ref.repository.mapper_port import Database, Mapper
from infra_ref.unit_of_work.tracking.tracking_unit_of_work import TrackingUnitOfWork

R = TypeVar("R")
Tables: TypeAlias = dict[type, dict[Any, Any]]


class HoldsTables(Database[Tables], Protocol):
    """The memory database: rows by entity and key; a row is only ever replaced, never changed."""

    tables: Tables


class MemoryUnitOfWork(TrackingUnitOfWork[Tables]):
    """A `UnitOfWork` over memory repositories that share one database.

    database = MemoryDatabase()
    users = MemoryRepository(Schema(User), database)
    make_unit = lambda: MemoryUnitOfWork(database, [users])
    """

    _database: HoldsTables

    async def _begin(self) -> MemoryTransaction:
        return MemoryTransaction(self._database, self.identity_map.mappers.values())


class MemoryTransaction:
    """A `Transaction` on a copy of the tables. Nobody waits: of two that write one row, the first wins."""

    def __init__(self, database: HoldsTables, mappers: Iterable[Mapper[Any, Tables]]) -> None:
        self._database, self._mappers = database, mappers
        self._start = database.tables
        self.draft = _copied(database.tables)

    async def run(self, doing: str, work: Callable[[Tables], R]) -> R:
        return work(self.draft)

    async def savepoint(self) -> Tables:
        return _copied(self.draft)

    async def release(self, point: Tables) -> None:
        return

    async def rollback_to(self, point: Tables) -> None:
        self.draft = point

    async def commit(self) -> None:
        if self._database.tables is not self._start:
            self.draft = self._merged()
        self._database.tables = self.draft

    async def rollback(self) -> None:
        self.draft = _copied(self._start)

    def _merged(self) -> Tables:
        """Do what was done here on top of what others have committed since, all at one moment."""
        merged = _copied(self._database.tables)
        schemas = {one.schema.entity: one.schema for one in self._mappers}
        added: dict[type, list[Any]] = {}
        for entity, rows in self.draft.items():
            before = self._start.get(entity, {})
            for key in [key for key in rows | before if rows.get(key) is not before.get(key)]:
                then, now = before.get(key), merged.setdefault(entity, {}).pop(key, None)
                if now is not then and then is None:
                    raise Refused(Duplicate(key, schemas[entity].key if entity in schemas else "key"))
                if now is not then:
                    version_of = schemas[entity].version_of
                    raise Refused(Conflict(key, version_of(then), None if now is None else version_of(now)))
                if key in rows and entity in schemas:
                    added.setdefault(entity, []).append(rows[key])
                elif key in rows:
                    merged[entity][key] = rows[key]
        for mapper in self._mappers:
            mapper.insert_rows(merged, added.get(mapper.schema.entity, []))
        for mapper in self._mappers:
            mapper.delete_rows(merged, {})  # refuses if something refers to a row that is gone
        return merged


def _copied(tables: Tables) -> Tables:
    return {entity: dict(rows) for entity, rows in tables.items()}
