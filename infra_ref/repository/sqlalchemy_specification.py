"""Specifications and orders as SQL.

SQL has three truth values and a specification has two, so a comparison with NULL must not stay
unknown. Where nothing is negated, unknown already counts as false. So negations are pushed down to
the single comparisons, by De Morgan, and only there is NULL spelled out: `~(age >= 18)` becomes
`age IS NULL OR age < 18`. No column is wrapped in a function, so indexes are used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Text, and_, false, literal, not_, or_, true
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from infra_ref.repository.query_port import Order
from infra_ref.repository.specification_port import (
    COMPARISONS,
    TEXTUAL,
    AllOf,
    AnyOf,
    Compare,
    Not,
    OneOf,
    Specification,
)

Columns = ReadOnlyColumnCollection[str, ColumnElement[Any]]


def clause(
    spec: Specification, columns: Columns, dialect: str, *, negated: bool = False
) -> ColumnElement[bool]:
    """Return the WHERE clause that is true for the rows that the specification matches, or does not."""
    match spec:
        case AllOf(parts) | AnyOf(parts):
            inside = [clause(part, columns, dialect, negated=negated) for part in parts]
            every = isinstance(spec, AllOf) is not negated
            return and_(true(), *inside) if every else or_(false(), *inside)
        case Not(part):
            return clause(part, columns, dialect, negated=not negated)
        case OneOf(field, values):
            return _one_of(columns[field], values, negated)
        case Compare(field, how, value):
            plain = _comparison(columns[field], how, value, dialect)
            return _or_null(columns[field], not_(plain)) if negated else plain
        case _:
            raise TypeError(f"{type(spec).__name__} has no SQL")


def ordering(order: Sequence[Order], columns: Columns, dialect: str) -> list[ColumnElement[Any]]:
    """Return the ORDER BY clause; None is greater than every value, as PostgreSQL has it."""
    return [_ordering(one, columns[one.field], dialect) for one in order]


def _one_of(column: ColumnElement[Any], values: Sequence[Any], negated: bool) -> ColumnElement[bool]:
    some = [value for value in values if value is not None]
    if None in values and not some:
        return column.is_not(None) if negated else column.is_(None)
    among = column == some[0] if len(some) == 1 else column.in_(some)
    plain = not_(among) if negated else among
    return plain if (None in values) is negated else _or_null(column, plain)


def _comparison(column: ColumnElement[Any], how: str, value: Any, dialect: str) -> ColumnElement[bool]:
    if how in TEXTUAL:
        like = "GLOB" if dialect == "sqlite" else "LIKE"  # SQLite's LIKE ignores case
        return column.op(like, is_comparison=True)(_pattern(how, value, dialect))
    compared = literal(value) if isinstance(value, bool) else value  # SQL's own false has no order
    return cast("ColumnElement[bool]", COMPARISONS[how](_by_code_point(column, dialect), compared))


def _or_null(column: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(column.is_(None), condition) if getattr(column, "nullable", True) else condition


def _pattern(how: str, text: str, dialect: str) -> str:
    """Return the pattern that text must fit, for GLOB on SQLite and for LIKE on others."""
    if dialect == "sqlite":
        inside, many = re.sub(r"([*?[])", r"[\1]", text), "*"
    else:
        inside, many = re.sub(r"([%_\\])", r"\\\1", text), "%"
    before = many if how in ("contains", "ends with") else ""
    behind = many if how in ("contains", "starts with") else ""
    return before + inside + behind


def _ordering(order: Order, column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    by = _by_code_point(column, dialect)
    if not getattr(column, "nullable", True):
        return by.desc() if order.descending else by.asc()
    return by.desc().nulls_first() if order.descending else by.asc().nulls_last()


def _by_code_point(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """PostgreSQL sorts text by the rules of a language unless told otherwise; SQLite by code point."""
    if dialect == "postgresql" and isinstance(column.type, Text):
        return column.collate("C")
    return column
