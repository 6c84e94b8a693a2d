"""A repository of the rows of one SQL table, and of a second one for the entity's children."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from itertools import groupby
from operator import itemgetter
from typing import Any, Generic, NoReturn, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
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
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_errors import constraint, violation
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
        self.schema, self._database, self._table, self._children = schema, database, table, children
        self._columns, self._key = _columns(table, schema.fields), table.c[schema.key]
        if (schema.children is None) != (children is None):
            raise TypeError(f"{schema.name}: a table of children is for an entity with a list")
        if children is not None and schema.children is not None:
            self._parent = next(fk.parent for fk in children.foreign_keys if fk.column.table is table)
            self._child_columns = _columns(children, ("position", *schema.children.schema.fields))
            self._delete_children = delete(children).where(self._parent == bindparam("key_"))
        version: Any = table.c[schema.version] if schema.version else literal(0)
        same = [self._key == bindparam("key_")]
        if schema.version:
            same.append(version == func.coalesce(bindparam("version_", type_=version.type), version))
        self._insert, self._update = insert(table).inline(), update(table).where(*same)
        self._delete = delete(table).where(*same)
        self._get = self.with_children(select(*self._columns).where(same[0]))
        self._get_all = self.with_children(select(*self._columns))
        listed = self._key.in_(bindparam("keys_", expanding=True))
        # FOR NO KEY UPDATE: rows that refer to these may still be written.
        self._lock = (
            select(self._key, version).where(listed).order_by(self._key).with_for_update(key_share=True)
        )

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
        return next(iter(self.load(connection, self._get, {"key_": key})), None)

    def all_rows(self, connection: Connection) -> list[T]:
        """Return all entities, sorted by key as Python does, by code point."""
        return sorted(self.load(connection, self._get_all), key=self.schema.key_of)

    def load(
        self,
        connection: Connection,
        statement: Select[*tuple[Any, ...]],
        values: Mapping[str, Any] | None = None,
    ) -> list[T]:
        """Return the entities of a statement that `with_children` has made."""
        rows = connection.execute(statement, values or {}).all()
        names, width = list(self.schema.fields), len(self.schema.fields)
        if self.schema.children is None:
            return [self.schema.make(dict(zip(names, row, strict=True))) for row in rows]
        child_names = list(self.schema.children.schema.fields)
        entities = []
        for _, group in groupby(rows, key=itemgetter(names.index(self.schema.key))):
            own = list(group)
            children = [
                dict(zip(child_names, row[width + 1 :], strict=True)) for row in own if row[width] is not None
            ]
            entities.append(self.schema.make(dict(zip(names, own[0][:width], strict=True)), children))
        return entities

    def with_children(
        self,
        wanted: Select[*tuple[Any, ...]],
        order: Callable[[Any], list[ColumnElement[Any]]] = lambda columns: [],
    ) -> Select[*tuple[Any, ...]]:
        """Join the children to the rows, in one statement: never the new order with its old lines."""
        if self._children is None:
            return wanted
        rows = wanted.subquery("wanted")
        key = rows.c[self._key.name]
        joined = rows.outerjoin(self._children, self._parent == key)
        whole = select(*rows.c, *self._child_columns).select_from(joined)
        return whole.order_by(*(order(rows.c) or [key]), self._child_columns[0])

    def insert_rows(self, connection: Connection, stored: Sequence[T]) -> None:
        """Add rows."""
        if stored:
            self._execute(connection, self._insert, [self.schema.values(entity) for entity in stored])
            self._insert_children(connection, stored)

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
        if self._children is not None and stored:
            connection.execute(self._delete_children, [{"key_": key} for key, _ in versions])
            self._insert_children(connection, stored)

    def delete_rows(self, connection: Connection, versions: Mapping[Any, int | None]) -> None:
        """Remove the rows that have these versions; None is any."""
        rows = [{"key_": key, "version_": version} for key, version in versions.items()]
        if len(rows) > 1 or self._children is not None:
            self._check_versions(connection, list(versions.items()))
        if self._children is not None and rows:
            connection.execute(self._delete_children, [{"key_": key} for key in versions])
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
        inserting = "key_" not in row
        key = row[self.schema.key if inserting else "key_"]
        match violation(error):
            case "unique":
                field = self._unique_fields(error)
                if connection.dialect.name == "sqlite" and inserting and self.get_row(connection, key):
                    field = self.schema.key  # of two that are taken, SQLite names the other one
                raise Refused(Duplicate(key, field)) from error
            case "reference":
                raise Refused(BrokenReference(self.schema.name)) from error
            case _:
                raise error

    def _unique_fields(self, error: IntegrityError) -> str:
        """Return the fields that must be unique, with commas; else the constraint's name."""
        table: Any = self._table
        broken = constraint(error)
        for rule in (*table.constraints, *table.indexes):
            fields = list(rule.columns.keys())
            name = rule.name or "_".join(
                [table.name, *(["pkey"] if rule is table.primary_key else [*fields, "key"])]
            )
            if broken in (name, ", ".join(f"{table.name}.{field}" for field in fields)):
                return ", ".join(fields)
        return broken or self.schema.key

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

    def _insert_children(self, connection: Connection, stored: Sequence[T]) -> None:
        if self._children is None or self.schema.children is None:
            return
        values, parent = self.schema.children.schema.values, self._parent.name
        rows = [
            {parent: self.schema.key_of(entity), "position": position, **values(child)}
            for entity in stored
            for position, child in enumerate(self.schema.children_of(entity))
        ]
        if rows:
            connection.execute(insert(self._children), rows)

    async def _read(self, work: Callable[[Connection], R]) -> R:
        return await self._database.read(f"read {self.schema.name}", work)

    async def _write(self, anything: Collection[Any], work: Callable[[Connection], None]) -> None:
        if anything:
            await self._database.write(f"write {self.schema.name}", work)


def _columns(table: Table, names: Iterable[str]) -> list[Any]:
    for name in names:
        if name not in table.c:
            raise TypeError(f"table {table.name} has no column {name!r}; it has {', '.join(table.c.keys())}")
    return [table.c[name] for name in names]
