"""The rows of an entity's list, in a table of their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, delete, insert, select

from infra_ref.repository.schema import Schema

T = TypeVar("T")
Rows: TypeAlias = "Select[*tuple[Any, ...]]"


class ChildRows(Generic[T]):
    """Reads and writes the list of an entity together with its row; of one without a list, nothing."""

    def __init__(self, schema: Schema[T], table: Table, children: Table | None) -> None:
        self._schema, self._children = schema, children
        if (schema.children is None) != (children is None):
            raise TypeError(f"{schema.name}: a table of children is for an entity with a list")
        if children is not None and schema.children is not None:
            self._fields = list(schema.children.schema.fields)
            self._columns = columns(children, ("position", *self._fields))
            self._parent = next(fk.parent for fk in children.foreign_keys if fk.column.table is table)
            self._delete = delete(children).where(self._parent == bindparam("key_"))

    def join(
        self, wanted: Rows, order: Callable[[Any], list[ColumnElement[Any]]] = lambda columns: []
    ) -> Rows:
        """Join the children to the rows, in one statement: never the new order with its old lines."""
        if self._children is None:
            return wanted
        rows = wanted.subquery("wanted")
        key = rows.c[self._schema.key]
        joined = rows.outerjoin(self._children, self._parent == key)
        whole = select(*rows.c, *self._columns).select_from(joined)
        return whole.order_by(*(order(rows.c) or [key]), self._columns[0])

    def entities(self, rows: Iterable[Sequence[Any]]) -> list[T]:
        """Return the entities of what a statement from `join` has found."""
        fields, place, entities = list(self._schema.fields), len(self._schema.fields), list[T]()
        if self._children is None:
            return [self._schema.make(dict(zip(fields, row, strict=True))) for row in rows]
        for _, group in groupby(rows, key=itemgetter(fields.index(self._schema.key))):
            own = list(group)
            found = [row[place + 1 :] for row in own if row[place] is not None]
            children = [dict(zip(self._fields, one, strict=True)) for one in found]
            entities.append(self._schema.make(dict(zip(fields, own[0], strict=False)), children))
        return entities

    def insert(self, connection: Connection, stored: Iterable[T]) -> None:
        """Add the children of the entities."""
        if self._children is not None:
            rows = [
                {self._parent.name: self._schema.key_of(entity), "position": position, **child}
                for entity in stored
                for position, child in enumerate(self._schema.child_values(entity))
            ]
            if rows:
                connection.execute(insert(self._children), rows)

    def delete(self, connection: Connection, keys: Collection[Any]) -> None:
        """Remove the children of the entities with these keys."""
        if self._children is not None and keys:
            connection.execute(self._delete, [{"key_": key} for key in keys])


def columns(table: Table, names: Iterable[str]) -> list[Any]:
    """Return the table's columns of these names. Raises TypeError if one is missing."""
    for name in names:
        if name not in table.c:
            raise TypeError(f"table {table.name} has no column {name!r}; it has {', '.join(table.c.keys())}")
    return [table.c[name] for name in names]
