"""The reading half of a mapper in SQL: plain functions of a SQLAlchemy `Connection`.

An entity is one row, and its collection, if it has one, rows of a second table
beside it. Each read is one statement, so it sees one moment: never the new
order with its old lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select, Table, bindparam, func, select

from infra_ref.repository.cursor import total_order
from infra_ref.repository.port import Query, Schema, Specification
from infra_ref.repository.sqlalchemy_specification import clause, ordering

T = TypeVar("T")


class SqlAlchemyReader(Generic[T]):
    """Reads the entities of one table, whose columns have the names of the fields.

    `children` is the table of the entity's collection: the columns of the
    child's fields, a foreign key to `table`, and `position` to keep the order.
    Raises TypeError when a column is not there.
    """

    def __init__(self, schema: Schema[T], table: Table, children: Table | None = None) -> None:
        self.schema, self._table, self._children = schema, table, children
        self._columns = [_column(table, name) for name in schema.fields]
        self._key = _column(table, schema.key)
        if (schema.collection is None) != (children is None):
            raise TypeError(f"{schema.name}: a table of children is for an entity with a collection")
        if children is not None and schema.collection is not None:
            self._parent = next(fk.parent for fk in children.foreign_keys if fk.column.table is table)
            self._position = _column(children, "position")
            self._child_columns = [_column(children, name) for name in schema.collection.fields]
        self._get = self._whole(select(*self._columns).where(self._key == bindparam("key")), (), "")

    def get(self, connection: Connection, key: Any) -> T | None:
        entities = self._entities(connection.execute(self._get, {"key": key}).all())
        return entities[0] if entities else None

    def select(self, connection: Connection, query: Query, also: Specification) -> list[T]:
        dialect, order = connection.dialect.name, total_order(query, self.schema)
        wanted = select(*self._columns).where(clause(query.where & also, self._table.c, dialect))
        wanted = wanted.order_by(*ordering(order, self._table.c, dialect))
        if query.limit is not None:
            wanted = wanted.limit(query.limit)
        if query.offset:
            wanted = wanted.offset(query.offset)
        return self._entities(connection.execute(self._whole(wanted, order, dialect)).all())

    def count(self, connection: Connection, spec: Specification) -> int:
        matching = clause(spec, self._table.c, connection.dialect.name)
        return connection.scalars(select(func.count()).select_from(self._table).where(matching)).one()

    def _whole(
        self, wanted: Select[*tuple[Any, ...]], order: Sequence[Any], dialect: str
    ) -> Select[*tuple[Any, ...]]:
        """Join the children to the rows that are wanted, so that a limit counts entities."""
        if self._children is None:
            return wanted
        rows = wanted.subquery("wanted")
        joined = rows.outerjoin(self._children, self._parent == rows.c[self._key.name])
        whole = select(*rows.c, self._position, *self._child_columns).select_from(joined)
        return whole.order_by(*ordering(order, rows.c, dialect), self._position)

    def _entities(self, rows: Sequence[Row[Any]]) -> list[T]:
        names, width = tuple(self.schema.fields), len(self._columns)
        if self._children is None:
            return [self.schema.build(dict(zip(names, row, strict=True))) for row in rows]
        place = names.index(self.schema.key)
        entities = []
        for _, group in groupby(rows, key=lambda row: row[place]):
            own = list(group)
            children = [row[width + 1 :] for row in own if row[width] is not None]
            entities.append(self.schema.build(dict(zip(names, own[0], strict=False)), children))
        return entities


def _column(table: Table, name: str) -> Any:
    if name not in table.c:
        raise TypeError(f"table {table.name} has no column {name!r}; it has {', '.join(table.c.keys())}")
    return table.c[name]
