"""A statement that writes rows, compiled once, with its rows on the shortest way to the driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Delete, Dialect, Insert, Update

Columns = Mapping[str, Sequence[Any]]
"""Rows, turned: the values of each parameter, row after row."""


class RowStatement:
    """Writes rows with `statement`, whose parameters have these names.

    SQLAlchemy would make two dicts of each row; a driver that counts its
    parameters wants a tuple. So the SQL and the conversions of the columns'
    types are SQLAlchemy's, and the rows go past it. Not where a value comes
    from SQLAlchemy itself, such as a column's default.
    """

    def __init__(self, statement: Insert | Update | Delete, names: Sequence[str]) -> None:
        self._statement, self._names = statement, names
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    def __call__(self, connection: Connection, columns: Columns) -> int:
        """Execute it for each row; return how many matched, -1 where the driver does not tell of many."""
        if (compiled := self._compiled.get(connection.dialect)) is None:
            compiled = self._compiled[connection.dialect] = self._compile(connection.dialect)
        if not compiled.complete or connection.get_execution_options().get("schema_translate_map"):
            rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
            return connection.execute(self._statement, rows).rowcount
        return connection.exec_driver_sql(compiled.sql, compiled.rows(columns)).rowcount

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        binds = compiled.binds
        return _Compiled(
            sql=compiled.string,
            names=compiled.positiontup or list(binds),
            by_place=compiled.positiontup is not None,
            converted={name: _conversion(bind.type, dialect) for name, bind in binds.items()},
            complete=set(binds) <= set(self._names),
        )


@dataclass(frozen=True)
class _Compiled:
    """The statement for one dialect. `complete`: the names that we know are all that it takes."""

    sql: str
    names: list[str]
    by_place: bool
    converted: dict[str, Callable[[Any], Any] | None]
    complete: bool

    def rows(self, columns: Columns) -> list[Any]:
        rows = zip(*(self._values(name, columns[name]) for name in self.names), strict=True)
        return list(rows) if self.by_place else [dict(zip(self.names, row, strict=True)) for row in rows]

    def _values(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        convert = self.converted[name]
        return values if convert is None else list(map(convert, values))


def _conversion(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    convert: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert
