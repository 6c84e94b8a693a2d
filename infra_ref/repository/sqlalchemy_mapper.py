"""The six verbs of a mapper in SQL: to the reading ones, this adds those that write."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from infra_ref.repository.port import (
    BrokenReference,
    Conflict,
    Duplicate,
    Missing,
    Refused,
    Schema,
)
from infra_ref.repository.sqlalchemy_errors import constraint, violation
from infra_ref.repository.sqlalchemy_reader import SqlAlchemyReader

T = TypeVar("T")

BATCH = 1_000
"""Keys in one IN list. SQLite and PostgreSQL's protocol both take some 32,000 parameters a statement."""


class SqlAlchemyMapper(SqlAlchemyReader[T]):
    """A `Mapper` for one table, and a second one for a collection."""

    def __init__(self, schema: Schema[T], table: Table, children: Table | None = None) -> None:
        super().__init__(schema, table, children)
        self._in_keys = self._key.in_(bindparam("keys", expanding=True))
        version = [self._table.c[schema.version]] if schema.version else []
        self._versions = (
            select(self._key, *version).where(self._in_keys).order_by(self._key).with_for_update()
        )

    def insert(self, connection: Connection, entities: Sequence[T]) -> None:
        rows = [self._row(entity, version=1) for entity in entities]
        with self._refusing(connection, entities, self.schema.unique):
            connection.execute(insert(self._table), rows)
        self._insert_children(connection, entities)

    def update(self, connection: Connection, entities: Sequence[T]) -> None:
        self._check_versions(
            connection, [(self.schema.key_of(e), self.schema.version_of(e)) for e in entities]
        )
        rows = [self._row(entity, version=self.schema.version_of(entity) + 1) for entity in entities]
        keyed = [{**row, "key_": row.pop(self.schema.key)} for row in rows]
        with self._refusing(connection, entities, self.schema.unique[1:]):
            connection.execute(update(self._table).where(self._key == bindparam("key_")), keyed)
        self._delete_children(connection, [self.schema.key_of(entity) for entity in entities])
        self._insert_children(connection, entities)

    def delete(self, connection: Connection, versions: Mapping[Any, int | None]) -> None:
        self._check_versions(connection, list(versions.items()))
        self._delete_children(connection, list(versions))
        try:
            for keys in _batches(list(versions)):
                connection.execute(delete(self._table).where(self._in_keys), {"keys": keys})
        except IntegrityError as error:
            if violation(error) == "reference":
                raise Refused(BrokenReference(self.schema.name)) from error
            raise

    def _row(self, entity: T, version: int) -> dict[str, Any]:
        row = self.schema.values(entity)
        if self.schema.version:
            row[self.schema.version] = version
        return row

    def _insert_children(self, connection: Connection, entities: Iterable[T]) -> None:
        if self._children is None or self.schema.collection is None:
            return
        collection = self.schema.collection
        rows = [
            {self._parent.name: self.schema.key_of(entity), "position": n} | collection.named_values(child)
            for entity in entities
            for n, child in enumerate(getattr(entity, collection.field))
        ]
        if rows:
            connection.execute(insert(self._children), rows)

    def _delete_children(self, connection: Connection, keys: list[Any]) -> None:
        if self._children is not None:
            for some in _batches(keys):
                listed = self._parent.in_(bindparam("keys", some, expanding=True))
                connection.execute(delete(self._children).where(listed))

    def _check_versions(self, connection: Connection, expected: Sequence[tuple[Any, int | None]]) -> None:
        """Lock the rows, in the order of their keys so that two who do this cannot deadlock."""
        actual: dict[Any, int] = {}
        for keys in _batches(sorted({key for key, _ in expected})):
            for row in connection.execute(self._versions, {"keys": keys}):
                actual[row[0]] = row[1] if self.schema.version else 0
        seen = set()
        for key, version in expected:
            if key not in actual:
                raise Refused(Missing(key))
            if version is not None and (version != actual[key] or key in seen):
                raise Refused(Conflict(key, version, version + 1 if key in seen else actual[key]))
            seen.add(key)

    @contextmanager
    def _refusing(
        self, connection: Connection, entities: Sequence[T], fields: Iterable[str]
    ) -> Generator[None]:
        """Tell which row the database refused. Of many it does not say, so we go back and look."""
        try:
            with connection.begin_nested() if len(entities) > 1 else nullcontext():
                yield
        except IntegrityError as error:
            match violation(error):
                case "unique" if len(entities) > 1:
                    raise Refused(self._culprit(connection, entities, fields)) from error
                case "unique":
                    key = self.schema.key_of(entities[0])
                    raise Refused(Duplicate(key, self._field(constraint(error)))) from error
                case "reference":
                    raise Refused(BrokenReference(self.schema.name)) from error
                case _:
                    raise

    def _culprit(self, connection: Connection, entities: Sequence[T], fields: Iterable[str]) -> Duplicate:
        """Return the first entity that takes what another row has, be it stored or earlier in the list."""
        for field in fields:
            column = self._table.c[field]
            owned: dict[Any, Any] = {}
            for values in _batches([getattr(entity, field) for entity in entities]):
                found = connection.execute(select(column, self._key).where(column.in_(values)))
                owned.update((value, key) for value, key in found)
            for entity in entities:
                key, value = self.schema.key_of(entity), getattr(entity, field)
                if value is not None and (
                    value in owned if field == self.schema.key else owned.get(value, key) != key
                ):
                    return Duplicate(key, field)
                owned = {held: by for held, by in owned.items() if by != key} | {value: key}
        return Duplicate(None, self.schema.key)

    def _field(self, told: str) -> str:
        """Return the unique field that a constraint is about, by its name or the one it gets unnamed."""
        table: Any = self._table
        names = {one.name: one.columns for one in (*table.constraints, *table.indexes) if one.name}
        for field in self.schema.unique[1:]:
            usual = (f"{table.name}.{field}", f"{table.name}_{field}_key")
            if told in usual or (told in names and field in names[told]):
                return field
        return self.schema.key


def _batches(keys: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]
