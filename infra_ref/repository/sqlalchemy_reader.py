"""The reading half of a mapper in SQL: plain functions of a SQLAlchemy `Connection`.

An entity is one row, and its collection, if it has one, rows of a second table
beside it. Each read is one statement, so it sees one moment: never the new
order with its old lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Connection, Row, Select, Table, bindparam, func, select

from infra_ref.repository.cursor import total_order
from infra_ref.repository.port import Order, Query, Schema, Specification
from infra_ref.repository.sqlalchemy_shape import shape
from infra_ref.repository.sqlalchemy_specification import clause, ordering

T = TypeVar("T")

SHAPES = 200
"""Statements that are kept, of the shapes asked for last."""


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
        self._selection = lru_cache(SHAPES)(self._make_selection)
        self._counting = lru_cache(SHAPES)(self._make_counting)

    def get(self, connection: Connection, key: Any) -> T | None:
        entities = self._entities(connection.execute(self._get, {"key": key}).all())
        return entities[0] if entities else None

    def select(self, connection: Connection, query: Query, also: Specification) -> list[T]:
        dialect, values = connection.dialect.name, dict[str, Any]()
        where, order = shape(query.where & also, dialect, values), total_order(query, self.schema)
        if limited := query.limit is not None:
            values["limit"] = query.limit
        if query.offset:
            values["offset"] = query.offset
        statement = self._selection(where, order, limited, query.offset > 0, dialect)
        return self._entities(connection.execute(statement, values).all())

    def count(self, connection: Connection, spec: Specification) -> int:
        dialect, values = connection.dialect.name, dict[str, Any]()
        statement = self._counting(shape(spec, dialect, values), dialect)
        return connection.scalars(statement, values).one()

    def _make_selection(
        self, where: Specification, order: tuple[Order, ...], limited: bool, skipping: bool, dialect: str
    ) -> Select[*tuple[Any, ...]]:
        wanted = select(*self._columns).where(clause(where, self._table.c, dialect))
        wanted = wanted.order_by(*ordering(order, self._table.c, dialect))
        if limited:
            wanted = wanted.limit(bindparam("limit", type_=BigInteger))
        if skipping:
            wanted = wanted.offset(bindparam("offset", type_=BigInteger))
        return self._whole(wanted, order, dialect)

    def _make_counting(self, where: Specification, dialect: str) -> Select[int]:
        return select(func.count()).select_from(self._table).where(clause(where, self._table.c, dialect))

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

    def _entities(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[T]:
        if self._children is None:
            return list(map(self.schema.make, rows))
        width, place = len(self._columns), list(self.schema.fields).index(self.schema.key)
        entities = []
        for _, group in groupby(rows, key=itemgetter(place)):
            own = list(group)
            children = [row[width + 1 :] for row in own if row[width] is not None]
            entities.append(self.schema.build(own[0][:width], children))
        return entities


def _column(table: Table, name: str) -> Any:
    if name not in table.c:
        raise TypeError(f"table {table.name} has no column {name!r}; it has {', '.join(table.c.keys())}")
    return table.c[name]
