"""Refuses a query that makes no sense for an entity, before any store is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from infra_ref.repository.decisions.field_types import why_invalid
from infra_ref.repository.errors import BadInput, WrongType
from infra_ref.repository.query_port import MAX_LIMIT, Order, OutOfRange, Query
from infra_ref.repository.schema import Field, Schema
from infra_ref.repository.specification_port import (
    COMPARISONS,
    TEXTUAL,
    AllOf,
    AnyOf,
    Compare,
    Not,
    OneOf,
    Specification,
    UnknownField,
)

MAX_DEPTH = 100
"""Levels of a specification that nests `&` in `|` in `~`; a chain of one of them is one level."""


def checked(schema: Schema[Any], query: Query) -> Query:
    """Return the query with a total order. Raises BadInput for one that makes no sense for the entity."""
    _check(schema, query.where, MAX_DEPTH)
    order: Any = query.order
    if not (isinstance(order, tuple) and all(isinstance(one, Order) for one in order)):
        raise WrongType("order is a tuple of asc(...) and desc(...): order=(asc('name'),)")
    for one in query.order:
        _field(schema, one.field)
    if query.limit is not None:
        _check_range("limit", query.limit, 1, MAX_LIMIT)
    _check_range("offset", query.offset, 0, 2**63 - 1)
    if any(one.field == schema.key for one in query.order):
        return query
    return replace(query, order=(*query.order, Order(schema.key)))


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if why := why_invalid(int, value):
        raise WrongType(f"{name} is int: {why}")
    if not least <= value <= most:
        raise OutOfRange(f"{name} is {least} to {most}; got {value}")


def _check(schema: Schema[Any], spec: Specification, depth: int) -> None:
    if depth == 0:
        raise BadInput(
            f"a specification has at most {MAX_DEPTH} levels; combine its parts with & and |, level by level"
        )
    match spec:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                _check(schema, part, depth - 1)
        case Not(part):
            _check(schema, part, depth - 1)
        case OneOf(name, values):
            _field(schema, name)
            for value in values:
                if value is not None:
                    schema.check_value(name, value)
        case Compare(name, how, value):
            _check_comparison(schema, name, how, value)
        case _:
            raise WrongType(f"{type(spec).__name__} is no specification; combine where(...) with & | ~")


def _check_comparison(schema: Schema[Any], name: str, how: str, value: Any) -> None:
    kind = _field(schema, name).kind
    if how not in COMPARISONS:
        raise WrongType(f"{how!r} is no way to compare; there are {', '.join(COMPARISONS)}")
    if how in TEXTUAL and kind is not str:
        raise WrongType(f"{schema.name}.{name} is {kind.__name__}: only text {how} something")
    if value is None:
        raise WrongType(f"{schema.name}.{name} {how} None: None has no order; use is_none()")
    schema.check_value(name, value)


def _field(schema: Schema[Any], name: str) -> Field:
    if name not in schema.fields:
        raise UnknownField(f"{schema.name} has no field {name!r}; it has {', '.join(schema.fields)}")
    return schema.fields[name]
