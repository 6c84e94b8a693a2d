"""Specifications and orders as SQL.

SQL has three truth values and a specification has two, so a comparison with
NULL must not stay unknown. Where nothing is negated, unknown already counts as
false. So negations are pushed down to the single comparisons, by De Morgan,
and only there is NULL spelled out: `~(age >= 18)` becomes
`age IS NULL OR age < 18`. Nothing is wrapped in a function, so indexes serve.
A specification may be a shape, whose holes become parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, false, not_, or_, true
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from infra_ref.repository.query import Order
from infra_ref.repository.specification import AllOf, AnyOf, Compare, Not, OneOf, Specification
from infra_ref.repository.specification import Text as TextMatch
from infra_ref.repository.sqlalchemy_shape import Hole, pattern

Columns = ReadOnlyColumnCollection[str, ColumnElement[Any]]


def clause(spec: Specification, columns: Columns, dialect: str) -> ColumnElement[bool]:
    """Return the WHERE clause that is true for the rows that the specification matches."""
    match spec:
        case AllOf(parts):
            return and_(true(), *(clause(part, columns, dialect) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(clause(part, columns, dialect) for part in parts))
        case Not(part):
            return _negation(part, columns, dialect)
        case OneOf(field, values) if None in values:
            return clause(_none_apart(field, values), columns, dialect)
        case _:
            return _comparison(spec, columns, dialect)


def ordering(order: Sequence[Order], columns: Columns, dialect: str) -> list[ColumnElement[Any]]:
    """Return the ORDER BY clause; None is greater than every value, as PostgreSQL has it."""
    return [_ordering(one, columns[one.field], dialect) for one in order]


def _negation(spec: Specification, columns: Columns, dialect: str) -> ColumnElement[bool]:
    match spec:
        case AllOf(parts):
            return or_(false(), *(_negation(part, columns, dialect) for part in parts))
        case AnyOf(parts):
            return and_(true(), *(_negation(part, columns, dialect) for part in parts))
        case Not(part):
            return clause(part, columns, dialect)
        case OneOf(field, values) if None in values:
            return _negation(_none_apart(field, values), columns, dialect)
        case Compare(field, "==", None):
            return columns[field].is_not(None)
        case Compare(field) | OneOf(field) | TextMatch(field) if columns[field].nullable:
            return or_(columns[field].is_(None), not_(_comparison(spec, columns, dialect)))
        case _:
            return not_(_comparison(spec, columns, dialect))


def _none_apart(field: str, values: Sequence[Any]) -> Specification:
    some = tuple(value for value in values if value is not None)
    return AnyOf((Compare(field, "==", None), OneOf(field, some)))


def _comparison(spec: Specification, columns: Columns, dialect: str) -> ColumnElement[bool]:
    match spec:
        case Compare(field, "==", None):
            return columns[field].is_(None)
        case Compare(field, "==", value):
            equal: ColumnElement[bool] = columns[field] == _operand(value)
            return equal
        case Compare(field, how, value):
            return _by_code_point(columns[field], dialect).op(how, is_comparison=True)(_operand(value))
        case OneOf(field, (Hole(name),)):
            return columns[field].in_(bindparam(name, expanding=True))
        case OneOf(field, values):
            return columns[field].in_(values) if values else false()
        case TextMatch(field, how, value):
            text: Any = value  # or a hole, for a pattern
            like = "GLOB" if dialect == "sqlite" else "LIKE"  # SQLite's LIKE is blind to case
            wanted = _operand(text) if isinstance(text, Hole) else pattern(how, text, dialect)
            return columns[field].op(like, is_comparison=True)(wanted)
        case _:
            raise TypeError(f"{type(spec).__name__} has no SQL")


def _operand(value: Any) -> Any:
    return bindparam(value.name) if isinstance(value, Hole) else value


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
