"""Specifications: what rows are wanted, as values that know no technology.

    adult = where("age") >= 18
    named = where("name").starts_with("Ada") | where("nick").is_in(["ada", None])
    wanted = adult & ~named

Two truth values, Python's: None equals only None, is neither less nor more
than anything and contains no text, and `~` is true exactly where the plain
specification is false. So `~(where("age") >= 18)` finds the rows without an
age; SQL's own NOT would not. Text is compared by code point, case and all.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeAlias

Comparison: TypeAlias = Literal["==", "<", "<=", ">", ">="]
Match: TypeAlias = Literal["contains", "starts with", "ends with"]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MATCH: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "starts with": str.startswith,
    "ends with": str.endswith,
}
HOW = {"==", *_COMPARE, *_MATCH}
"""The ways to compare. An adapter may write them into its statements, so no other is let through."""


class Specification:
    """Whether an entity is wanted. Combine with `&`, `|` and `~`."""

    __slots__ = ()

    def matches(self, entity: object) -> bool:
        """Return whether the entity satisfies this. Raises AttributeError for a field that it lacks."""
        raise NotImplementedError

    def __and__(self, other: Specification) -> Specification:
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf)))

    def __or__(self, other: Specification) -> Specification:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))

    def __invert__(self) -> Specification:
        return Not(self)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a specification is neither true nor false; combine with & | ~, not with and, or, not"
        )


@dataclass(frozen=True, slots=True)
class Compare(Specification):
    """The field compared with a value; only `==` takes None."""

    field: str
    how: Comparison
    value: Any

    def matches(self, entity: object) -> bool:
        """Return whether it holds; a None in the field equals None and has no order."""
        held = getattr(entity, self.field)
        if self.how == "==":
            return bool(held == self.value)
        return held is not None and _COMPARE[self.how](held, self.value)


@dataclass(frozen=True, slots=True)
class OneOf(Specification):
    """The field equals one of the values, of which None may be one. No values: never."""

    field: str
    values: tuple[Any, ...]

    def matches(self, entity: object) -> bool:
        """Return whether the field's value is among them."""
        return getattr(entity, self.field) in self.values


@dataclass(frozen=True, slots=True)
class Text(Specification):
    """The field's text has this text in it; `%`, `_` and the like mean themselves."""

    field: str
    how: Match
    value: str

    def matches(self, entity: object) -> bool:
        """Return whether it holds; None holds no text, not even the empty one."""
        held = getattr(entity, self.field)
        return held is not None and _MATCH[self.how](held, self.value)


@dataclass(frozen=True, slots=True)
class AllOf(Specification):
    """Each part holds. Without parts: always."""

    parts: tuple[Specification, ...]

    def matches(self, entity: object) -> bool:
        """Return whether no part fails."""
        return all(part.matches(entity) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf(Specification):
    """At least one part holds. Without parts: never."""

    parts: tuple[Specification, ...]

    def matches(self, entity: object) -> bool:
        """Return whether some part holds."""
        return any(part.matches(entity) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(Specification):
    """The part does not hold."""

    part: Specification

    def matches(self, entity: object) -> bool:
        """Return whether the part fails."""
        return not self.part.matches(entity)


EVERYTHING: Specification = AllOf(())
NOTHING: Specification = AnyOf(())


class where:
    """Name a field, to say something about it: `where("age") >= 18`."""

    __slots__ = ("_field",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, field: str) -> None:
        self._field = field

    def __eq__(self, value: object) -> Specification:  # type: ignore[override]
        return Compare(self._field, "==", value)

    def __ne__(self, value: object) -> Specification:  # type: ignore[override]
        return Not(Compare(self._field, "==", value))

    def __lt__(self, value: Any) -> Specification:
        return Compare(self._field, "<", value)

    def __le__(self, value: Any) -> Specification:
        return Compare(self._field, "<=", value)

    def __gt__(self, value: Any) -> Specification:
        return Compare(self._field, ">", value)

    def __ge__(self, value: Any) -> Specification:
        return Compare(self._field, ">=", value)

    def is_in(self, values: Iterable[Any]) -> Specification:
        """The field equals one of these."""
        return OneOf(self._field, tuple(values))

    def is_none(self) -> Specification:
        """The field has no value."""
        return Compare(self._field, "==", None)

    def contains(self, text: str) -> Specification:
        """The field has this text somewhere in it."""
        return Text(self._field, "contains", text)

    def starts_with(self, text: str) -> Specification:
        """The field begins with this text."""
        return Text(self._field, "starts with", text)

    def ends_with(self, text: str) -> Specification:
        """The field ends with this text."""
        return Text(self._field, "ends with", text)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"where({self._field!r}) alone says nothing; compare it with a value")


def _parts(one: Specification, kind: type[AllOf | AnyOf]) -> tuple[Specification, ...]:
    """Flatten `a & b & c`, so that a long chain is one level deep."""
    return one.parts if isinstance(one, kind) else (one,)
