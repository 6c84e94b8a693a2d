"""A repository of the rows of one SQL table, and of a second one for the entity's children."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from operator import itemgetter
from typing import Any, Generic, NoReturn, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

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
from infra_ref.repository.schema import Schema
from infra_ref.repository.sqlalchemy_child_rows import ChildRows, columns
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_errors import unique_fields, violation
from infra_ref.result import Result

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")

BATCH = 1_000
"""Keys in one IN list. SQLite and PostgreSQL's protocol both take some 32,000 parameters a statement."""


class SqlAlchemyRepository(Generic[T, K]):
    """A `Repository` on a `SqlAlchemyDatabase` or `SqliteDatabase`.

        users: SqlAlchemyRepository[User, str] = SqlAlchemyRepository(database, Schema(User), users_table)

    The columns have the names of the fields. `children` is the table of the
    entity's list: the columns of the child's fields, a foreign key to `table`, and
    `position` for the order. Raises TypeError if a column is missing.
    """

    def __init__(
        self, database: SqlAlchemyDatabase, schema: Schema[T], table: Table, children: Table | None = None
    ) -> None:
        self.schema, self._database, self._table = schema, database, table
        self._columns, self._key = columns(table, schema.fields), table.c[schema.key]
        self._children = ChildRows(schema, table, children)
        version: Any = table.c[schema.version] if schema.version else literal(0)
        same = [self._key == bindparam("key_")]
        self._get = self._children.join(select(*self._columns).where(*same))
        self._get_all = self._children.join(select(*self._columns))
        if schema.version:
            same.append(version == func.coalesce(bindparam("version_", type_=version.type), version))
        self._insert, self._update = insert(table).inline(), update(table).where(*same)
        self._delete = delete(table).where(*same)
        listed = select(self._key, version).where(self._key.in_(bindparam("keys_", expanding=True)))
        # FOR NO KEY UPDATE: rows that refer to these may still be written.
        self._lock = listed.order_by(self._key).with_for_update(key_share=True)

    async def get_by_id(self, key: K) -> Result[T | None, ReadFailure]:
        self.schema.check_key(key)
        return await outcome(self._read(lambda connection: self.get_row(connection, key)))

    async def get_all(self) -> Result[list[T], ReadFailure]:
        return await outcome(self._read(self.all_rows))

    async def exists(self, key: K) -> bool:
        self.schema.check_key(key)
        return await self._read(lambda connection: self.get_row(connection, key)) is not None

    async def create(self, entity: T) -> Result[T, WriteFailure]:
        return (await self.create_many([entity])).map(itemgetter(0))

    async def update(self, entity: T) -> Result[T, WriteFailure]:
        return (await self.update_many([entity])).map(itemgetter(0))

    async def delete(self, key: K, *, version: int | None = None) -> Result[None, WriteFailure]:
        return (await self.delete_many({key: version})).map(lambda _: None)

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        stored = self.schema.to_store(entities, lambda _: 1)
        written = await outcome(self._write(stored, lambda connection: self.insert_rows(connection, stored)))
        return written.map(lambda _: stored)

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        stored = self.schema.to_store(entities, lambda entity: self.schema.version_of(entity) + 1)
        written = await outcome(self._write(stored, lambda connection: self.update_rows(connection, stored)))
        return written.map(lambda _: stored)

    async def delete_many(self, keys: Iterable[K] | Mapping[K, int | None]) -> Result[int, WriteFailure]:
        versions = dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(keys)
        for key, version in versions.items():
            self.schema.check_key(key, version)
        write = self._write(versions, lambda connection: self.delete_rows(connection, versions))
        return (await outcome(write)).map(lambda _: len(versions))

    # Plain functions of a connection, for a unit of work as well. They raise Refused.

    def get_row(self, connection: Connection, key: Any) -> T | None:
        """Return the entity, or None."""
        found = connection.execute(self._get, {"key_": key})
        return next(iter(self._children.entities(found)), None)

    def all_rows(self, connection: Connection) -> list[T]:
        """Return all entities, sorted by key as Python does, by code point."""
        found = self._children.entities(connection.execute(self._get_all))
        return sorted(found, key=self.schema.key_of)

    def insert_rows(self, connection: Connection, stored: Sequence[T]) -> None:
        """Add rows."""
        if stored:
            self._execute(connection, self._insert, [self.schema.values(entity) for entity in stored])
            self._children.insert(connection, stored)

    def update_rows(self, connection: Connection, stored: Sequence[T]) -> None:
        """Replace the rows of the version before."""
        versions = [(self.schema.key_of(one), self.schema.version_of(one) - 1) for one in stored]
        if len(stored) > 1:
            self._check_versions(connection, versions)
        rows = [
            {"key_": key, "version_": version}
            | {name: value for name, value in self.schema.values(entity).items() if name != self.schema.key}
            for entity, (key, version) in zip(stored, versions, strict=True)
        ]
        if rows and not self._execute(connection, self._update, rows):
            self._refuse_missing(connection, versions)
        self._children.delete(connection, [key for key, _ in versions])
        self._children.insert(connection, stored)

    def delete_rows(self, connection: Connection, versions: Mapping[Any, int | None]) -> None:
        """Remove the rows that have these versions; None is any."""
        if len(versions) > 1 or self.schema.children:
            self._check_versions(connection, list(versions.items()))
        self._children.delete(connection, versions)
        rows = [{"key_": key, "version_": version} for key, version in versions.items()]
        if rows and not self._execute(connection, self._delete, rows):
            self._refuse_missing(connection, list(versions.items()))

    def _execute(self, connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> int:
        """Write the rows; return how many matched. Many are halved until the refused one is known."""
        try:
            with connection.begin_nested() if len(rows) > 1 else nullcontext():
                return connection.execute(statement, rows).rowcount
        except IntegrityError as error:
            if len(rows) == 1:
                self._refuse(connection, error, rows[0])
            half = len(rows) // 2
            self._execute(connection, statement, rows[:half])
            self._execute(connection, statement, rows[half:])
            raise Refused(Conflict()) from error  # what was in the way has gone meanwhile

    def _refuse(self, connection: Connection, error: IntegrityError, row: Mapping[str, Any]) -> NoReturn:
        inserting, broken = "key_" not in row, violation(error)
        if broken is None:
            raise error
        if broken == "reference":
            raise Refused(BrokenReference(self.schema.name)) from error
        key = row[self.schema.key if inserting else "key_"]
        field = unique_fields(error, self._table) or self.schema.key
        if connection.dialect.name == "sqlite" and inserting and self.get_row(connection, key):
            field = self.schema.key  # of two that are taken, SQLite names the other one
        raise Refused(Duplicate(key, field)) from error

    def _check_versions(self, connection: Connection, expected: Sequence[tuple[Any, int | None]]) -> None:
        """Lock the rows, in the order of their keys so that two who do this cannot deadlock."""
        keys, actual = sorted({key for key, _ in expected}), dict[Any, int]()
        for start in range(0, len(keys), BATCH):
            rows = connection.execute(self._lock, {"keys_": keys[start : start + BATCH]})
            actual.update((row[0], row[1]) for row in rows)
        for key, version in expected:
            if key not in actual:
                raise Refused(Missing(key))
            if self.schema.version and version is not None:
                if version != actual[key]:
                    raise Refused(Conflict(key, version, actual[key]))
                actual[key] += 1

    def _refuse_missing(self, connection: Connection, expected: Sequence[tuple[Any, int | None]]) -> NoReturn:
        self._check_versions(connection, expected)
        raise Refused(Conflict(*expected[0]))  # it was there again when we looked

    async def _read(self, work: Callable[[Connection], R]) -> R:
        return await self._database.read(f"read {self.schema.name}", work)

    async def _write(self, anything: Collection[Any], work: Callable[[Connection], None]) -> None:
        if anything:
            await self._database.write(f"write {self.schema.name}", work)
