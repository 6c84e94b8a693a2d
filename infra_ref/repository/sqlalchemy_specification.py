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
    ORDERED,
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
        case OneOf(field, values) if None in values:
            some = tuple(value for value in values if value is not None)
            apart = AnyOf((Compare(field, "==", None), OneOf(field, some)))
            return clause(apart, columns, dialect, negated=negated)
        case Compare(field, "==", None):
            return columns[field].is_not(None) if negated else columns[field].is_(None)
        case Compare(field) | OneOf(field):
            plain = _comparison(spec, columns[field], dialect)
            if not negated:
                return plain
            return or_(columns[field].is_(None), not_(plain)) if columns[field].nullable else not_(plain)
        case _:
            raise TypeError(f"{type(spec).__name__} has no SQL")


def ordering(order: Sequence[Order], columns: Columns, dialect: str) -> list[ColumnElement[Any]]:
    """Return the ORDER BY clause; None is greater than every value, as PostgreSQL has it."""
    return [_ordering(one, columns[one.field], dialect) for one in order]


def _comparison(spec: Compare | OneOf, column: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    match spec:
        case OneOf(_, values):
            return column.in_(values) if values else false()
        case Compare(_, "==", value):
            return cast("ColumnElement[bool]", column == value)
        case Compare(_, how, value) if how in TEXTUAL:
            like = "GLOB" if dialect == "sqlite" else "LIKE"  # SQLite's LIKE ignores case
            return column.op(like, is_comparison=True)(_pattern(how, value, dialect))
        case Compare(_, how, value):
            compared = literal(value) if isinstance(value, bool) else value  # SQL's own false has no order
            return cast("ColumnElement[bool]", ORDERED[how](_by_code_point(column, dialect), compared))


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
