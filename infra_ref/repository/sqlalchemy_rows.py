"""Many rows at once: a statement that writes them, compiled once, and the rows that have some keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Row,
    Select,
    Table,
    TableValuedAlias,
    Update,
    any_,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    update,
)

Columns = Mapping[str, Sequence[Any]]
"""Rows, turned: the values of each parameter, row after row."""

BATCH = 1_000
"""Keys in one IN list. SQLite and PostgreSQL's protocol both take some 32,000 parameters a statement."""

MANY = 16
"""So many rows are sooner written from arrays."""

TAKES_ARRAYS = {"asyncpg"}
"""Drivers that send a list as an array, whatever is in it. Psycopg wants one exact type, no subclasses."""


class RowStatement:
    """Writes rows with `statement`, whose parameters have these names.

    SQLAlchemy would make two dicts of each row; a driver that counts its
    parameters wants a tuple. So the SQL and the conversions of the columns'
    types are SQLAlchemy's, and the rows go past it. Not where a value comes
    from SQLAlchemy itself, such as a column's default. `whole` writes many
    rows in one go, from arrays of these names, where the driver takes them.
    """

    def __init__(
        self,
        statement: Insert | Update | Delete,
        names: Sequence[str],
        whole: Insert | Update | None = None,
    ) -> None:
        self._statement, self._names, self._whole = statement, names, whole
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    def __call__(self, connection: Connection, columns: Columns) -> int:
        """Write the rows; return how many matched, -1 where the driver does not tell of many."""
        if (compiled := self._compiled.get(connection.dialect)) is None:
            compiled = self._compiled[connection.dialect] = self._compile(connection.dialect)
        if not compiled.complete or connection.get_execution_options().get("schema_translate_map"):
            rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
            return connection.execute(self._statement, rows).rowcount
        if self._whole is not None and compiled.takes_arrays and len(columns[self._names[0]]) >= MANY:
            return connection.execute(self._whole, columns).rowcount
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
            takes_arrays=all(_as_array(bind.type, dialect) for bind in binds.values()),
        )


@dataclass(frozen=True)
class _Compiled:
    """The statement for one dialect. `complete`: the names that we know are all that it takes."""

    sql: str
    names: list[str]
    by_place: bool
    converted: dict[str, Callable[[Any], Any] | None]
    complete: bool
    takes_arrays: bool

    def rows(self, columns: Columns) -> list[Any]:
        rows = zip(*(self._values(name, columns[name]) for name in self.names), strict=True)
        return list(rows) if self.by_place else [dict(zip(self.names, row, strict=True)) for row in rows]

    def _values(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        convert = self.converted[name]
        return values if convert is None else list(map(convert, values))


def inserting(table: Table, names: Sequence[str]) -> RowStatement:
    """Insert rows; the parameters have the names of the columns."""
    rows = _given({name: table.c[name] for name in names})
    whole = insert(table).from_select(list(names), select(*rows.c))
    return RowStatement(insert(table).inline(), names, whole)


def updating(
    table: Table, names: Sequence[str], key: Column[Any], version: Column[Any] | None, *, in_turn: bool
) -> RowStatement:
    """Set these columns where `key_` and `version_` are; None is any version.

    `in_turn` keeps the order: one row may take the unique value that another gives up.
    """
    place = _place(key, version)
    rows = _given({name: table.c[name] for name in names} | place)
    whole = update(table).where(*_there(place, rows.c.get)).values({name: rows.c[name] for name in names})
    single = update(table).where(*_there(place, bindparam))
    return RowStatement(single, [*names, *place], None if in_turn else whole)


def deleting(table: Table, key: Column[Any], version: Column[Any] | None = None) -> RowStatement:
    """Delete where `key_` and `version_` are; None is any version."""
    place = _place(key, version)
    return RowStatement(delete(table).where(*_there(place, bindparam)), list(place))


def found(
    connection: Connection, wanted: Select[*tuple[Any, ...]], key: Column[Any], keys: Sequence[Any]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Give the rows that have one of the keys there, in as few statements as the driver takes."""
    if _as_array(key.type, connection.dialect):
        listed = any_(bindparam("keys", keys, type_=ARRAY(key.type)))
        yield from connection.execute(wanted.where(key == listed))
    else:
        for start in range(0, len(keys), BATCH):
            yield from connection.execute(wanted.where(key.in_(keys[start : start + BATCH])))


def _as_array(kind: Any, dialect: Dialect) -> bool:
    """Return whether a list goes as an array. A cast to text of some length would cut the values silently."""
    return dialect.driver in TAKES_ARRAYS and getattr(kind.dialect_impl(dialect), "length", None) is None


def _conversion(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    convert: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _place(key: Column[Any], version: Column[Any] | None) -> dict[str, Column[Any]]:
    return {"key_": key} if version is None else {"key_": key, "version_": version}


def _there(place: Mapping[str, Column[Any]], value: Callable[[str], Any]) -> list[ColumnElement[bool]]:
    same = [place["key_"] == value("key_")]
    if (version := place.get("version_")) is not None:
        same.append(version == func.coalesce(value("version_"), version))
    return same


def _given(columns: Mapping[str, Column[Any]]) -> TableValuedAlias:
    """Return arrays as a table; parameters and columns have these names, and those types."""
    arrays = [bindparam(name, type_=ARRAY(one.type)) for name, one in columns.items()]
    table = func.unnest(*arrays).table_valued(*(column(name, one.type) for name, one in columns.items()))
    return table.render_derived(name="given")
