"""The six verbs of a mapper in SQL: to the reading ones, this adds those that write."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Connection, Table, UniqueConstraint, select
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
from infra_ref.repository.sqlalchemy_rows import deleting, found, inserting, updating

T = TypeVar("T")


class SqlAlchemyMapper(SqlAlchemyReader[T]):
    """A `Mapper` for one table, and a second one for a collection."""

    def __init__(self, schema: Schema[T], table: Table, children: Table | None = None) -> None:
        super().__init__(schema, table, children)
        version = table.c[schema.version] if schema.version else None
        others = [name for name in schema.fields if name != schema.key]
        self._versions = select(self._key, *([] if version is None else [version]))
        # FOR NO KEY UPDATE: it gets on with the locks of rows that refer to these.
        self._versions = self._versions.order_by(self._key).with_for_update(key_share=True)
        self._insert = inserting(table, list(schema.fields))
        self._update = updating(table, others, self._key, version, in_turn=_unique_values(schema, table))
        self._delete = deleting(table, self._key, version)
        if schema.collection is not None and self._children is not None:
            names = [self._parent.name, "position", *schema.collection.fields]
            self._insert_child = inserting(self._children, names)
            self._delete_child = deleting(self._children, self._parent)

    def insert(self, connection: Connection, entities: Sequence[T]) -> None:
        columns = self.schema.columns(entities)
        if self.schema.version:
            columns[self.schema.version] = [1] * len(entities)
        with self._refusing(connection, entities, self.schema.unique):
            self._insert(connection, columns)
        self._insert_children(connection, entities)

    def update(self, connection: Connection, entities: Sequence[T]) -> None:
        columns = self.schema.columns(entities)
        keys, versions = columns.pop(self.schema.key), list(map(self.schema.version_of, entities))
        if self.schema.version:
            columns[self.schema.version] = [version + 1 for version in versions]
        if len(keys) > 1:
            self._check_versions(connection, keys, versions)
        with self._refusing(connection, entities, self.schema.unique[1:]):
            matched = self._update(connection, columns | self._same(keys, versions))
        if not matched:
            self._refuse(connection, keys[0], versions[0])
        self._delete_children(connection, keys)
        self._insert_children(connection, entities)

    def delete(self, connection: Connection, versions: Mapping[Any, int | None]) -> None:
        keys, expected = list(versions), list(versions.values())
        if len(keys) > 1 or self._children is not None or not self.schema.version:
            self._check_versions(connection, keys, expected)
            self._delete_children(connection, keys)
        try:
            matched = self._delete(connection, self._same(keys, expected))
        except IntegrityError as error:
            if violation(error) == "reference":
                raise Refused(BrokenReference(self.schema.name)) from error
            raise
        if not matched:
            self._refuse(connection, keys[0], expected[0])

    def _same(self, keys: Sequence[Any], versions: Sequence[Any]) -> dict[str, Sequence[Any]]:
        """Return what finds these rows, as long as they have these versions."""
        return {"key_": keys, "version_": versions} if self.schema.version else {"key_": keys}

    def _insert_children(self, connection: Connection, entities: Iterable[T]) -> None:
        if self._children is None or self.schema.collection is None:
            return
        rows = [
            (self.schema.key_of(entity), place, child)
            for entity in entities
            for place, child in enumerate(getattr(entity, self.schema.collection.field))
        ]
        if rows:
            keys, places, children = zip(*rows, strict=True)
            columns: dict[str, Sequence[Any]] = {self._parent.name: keys, "position": places}
            columns.update(self.schema.collection.columns(children))
            self._insert_child(connection, columns)

    def _delete_children(self, connection: Connection, keys: Sequence[Any]) -> None:
        if self._children is not None:
            self._delete_child(connection, {"key_": keys})

    def _check_versions(
        self, connection: Connection, keys: Sequence[Any], versions: Sequence[int | None]
    ) -> None:
        """Lock the rows, in the order of their keys so that two who do this cannot deadlock."""
        actual: dict[Any, int] = {}
        for row in found(connection, self._versions, self._key, sorted(set(keys))):
            actual[row[0]] = row[1] if self.schema.version else 0
        seen = set()
        for key, version in zip(keys, versions, strict=True):
            if key not in actual:
                raise Refused(Missing(key))
            if version is not None and (version != actual[key] or key in seen):
                raise Refused(Conflict(key, version, version + 1 if key in seen else actual[key]))
            seen.add(key)

    def _refuse(self, connection: Connection, key: Any, version: int | None) -> NoReturn:
        """Tell why this row could not be written."""
        self._check_versions(connection, [key], [version])
        raise Refused(Conflict(key, version))  # it was there again when we looked

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
                    raise Refused(self._culprit(connection, entities, fields, self._told(error))) from error
                case "unique":
                    raise Refused(Duplicate(self.schema.key_of(entities[0]), self._told(error))) from error
                case "reference":
                    raise Refused(BrokenReference(self.schema.name)) from error
                case _:
                    raise

    def _culprit(
        self, connection: Connection, entities: Sequence[T], fields: Iterable[str], told: str
    ) -> Duplicate:
        """Return the first entity that takes what another row has, be it stored or earlier in the list."""
        for field in (one for one in dict.fromkeys((*fields, told)) if one in self.schema.fields):
            column = self._table.c[field]
            values = [getattr(entity, field) for entity in entities]
            owned = {row[0]: row[1] for row in found(connection, select(column, self._key), column, values)}
            holds = {key: value for value, key in owned.items()}
            for entity in entities:
                key, value = self.schema.key_of(entity), getattr(entity, field)
                if value is not None and (
                    value in owned if field == self.schema.key else owned.get(value, key) != key
                ):
                    return Duplicate(key, field)
                owned.pop(holds.get(key), None)
                owned[value], holds[key] = key, value
        return Duplicate(None, told)

    def _told(self, error: IntegrityError) -> str:
        """Return the unique field that the database tells of, several with commas; else the rule's name."""
        table: Any = self._table
        told = constraint(error)
        for one in (*table.constraints, *table.indexes):
            fields = list(one.columns.keys())
            unnamed = ["pkey"] if one is table.primary_key else [*fields, "key"]
            in_sqlite = ", ".join(f"{table.name}.{field}" for field in fields)
            if told in (one.name or "_".join((table.name, *unnamed)), in_sqlite):
                return ", ".join(fields)
        return told or self.schema.key


def _unique_values(schema: Schema[Any], table: Table) -> bool:
    """Return whether a value other than the key must be unique."""
    constraints, indexes = table.constraints, table.indexes
    told = any(isinstance(one, UniqueConstraint) for one in constraints) or any(one.unique for one in indexes)
    return told or len(schema.unique) > 1
