"""The shape of a specification: itself, with holes where its values were.

Specifications of one shape differ in their values alone, so one statement
serves them all, built once. None is no value here but part of the shape: what
is asked of it is other SQL.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from infra_ref.repository.specification import AllOf, AnyOf, Compare, Match, Not, OneOf, Specification, Text


class Hole(NamedTuple):
    """Where a value goes, or all values of a `OneOf`. `name` is the parameter's in the statement."""

    name: str


def shape(spec: Specification, dialect: str, values: dict[str, Any]) -> Specification:
    """Return the specification with holes; what was there goes into `values`, by the names of the holes."""
    match spec:
        case AllOf(parts):
            return AllOf(tuple([shape(part, dialect, values) for part in parts]))
        case AnyOf(parts):
            return AnyOf(tuple([shape(part, dialect, values) for part in parts]))
        case Not(part):
            return Not(shape(part, dialect, values))
        case Compare(field, how, value) if value is not None:
            return Compare(field, how, _hole(value, values))
        case OneOf(field, given):
            some = [value for value in given if value is not None]
            none = (None,) if len(some) < len(given) else ()
            return OneOf(field, (*none, _hole(some, values)) if some else none)
        case Text(field, how, text):
            hole: Any = _hole(pattern(how, text, dialect), values)
            return Text(field, how, hole)
        case _:
            return spec


def pattern(how: Match, text: str, dialect: str) -> str:
    """Return the pattern that text must fit, for GLOB on SQLite and for LIKE on others."""
    if dialect == "sqlite":
        inside, many = re.sub(r"([*?[])", r"[\1]", text), "*"
    else:
        inside, many = re.sub(r"([%_\\])", r"\\\1", text), "%"
    before = many if how in ("contains", "ends with") else ""
    behind = many if how in ("contains", "starts with") else ""
    return before + inside + behind


def _hole(value: Any, values: dict[str, Any]) -> Hole:
    hole = Hole(f"value_{len(values)}")
    values[hole.name] = value
    return hole
