"""The port of a repository that finds entities by what they satisfy, and the values that say it.

    adult = where("age") >= 18
    named = where("name").starts_with("Ada") | where("nick").is_in(["ada", None])
    wanted = adult & ~named

A specification has Python's two truth values: None equals only None, is neither
less nor greater than anything and contains no text, and `~` is true exactly where
the specification is false. So `~(where("age") >= 18)` finds rows without an age,
which SQL's NOT does not. Text is compared by code point, so case counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import contains, ge, gt, le, lt
from typing import Any, NoReturn, Protocol, TypeAlias, TypeVar

from infra_ref.repository.errors import BadInput, ReadFailure
from infra_ref.repository.port import K_contra, Repository
from infra_ref.result import Result

T = TypeVar("T")

Comparison: TypeAlias = Callable[[Any, Any], bool]
TEXTUAL: dict[str, Comparison] = {
    "contains": contains,
    "starts with": str.startswith,
    "ends with": str.endswith,
}
COMPARISONS: dict[str, Comparison] = {"<": lt, "<=": le, ">": gt, ">=": ge, **TEXTUAL}


class UnknownField(BadInput):
    """A specification or an order names a field that the entity does not store."""


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
        return self.part if isinstance(self, Not) else Not(self)

    def __bool__(self) -> NoReturn:
        raise TypeError("a specification is neither true nor false; combine with & | ~, not and, or, not")


@dataclass(frozen=True, slots=True)
class OneOf(Specification):
    """The field equals one of the values, of which None may be one. No values: never."""

    field: str
    values: tuple[Any, ...]

    def matches(self, entity: object) -> bool:
        return getattr(entity, self.field) in self.values


@dataclass(frozen=True, slots=True)
class Compare(Specification):
    """The field is a value that compares so, by one of COMPARISONS, with another. None never does."""

    field: str
    how: str
    value: Any

    def matches(self, entity: object) -> bool:
        held = getattr(entity, self.field)
        return held is not None and COMPARISONS[self.how](held, self.value)


@dataclass(frozen=True, slots=True)
class AllOf(Specification):
    """Each part holds. Without parts: always."""

    parts: tuple[Specification, ...]

    def matches(self, entity: object) -> bool:
        return all(part.matches(entity) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf(Specification):
    """At least one part holds. Without parts: never."""

    parts: tuple[Specification, ...]

    def matches(self, entity: object) -> bool:
        return any(part.matches(entity) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(Specification):
    """The part does not hold."""

    part: Specification

    def matches(self, entity: object) -> bool:
        return not self.part.matches(entity)


EVERYTHING: Specification = AllOf(())


class where:
    """Name a field, to compare it: `where("age") >= 18`."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, field: str) -> None:
        self._field = field

    def is_in(self, values: Iterable[Any]) -> Specification:
        return OneOf(self._field, tuple(values))

    def is_none(self) -> Specification:
        return self.is_in((None,))

    def __eq__(self, value: object) -> Specification:  # type: ignore[override]
        return self.is_in((value,))

    def __ne__(self, value: object) -> Specification:  # type: ignore[override]
        return ~self.is_in((value,))

    def __lt__(self, value: Any) -> Specification:
        return Compare(self._field, "<", value)

    def __le__(self, value: Any) -> Specification:
        return Compare(self._field, "<=", value)

    def __gt__(self, value: Any) -> Specification:
        return Compare(self._field, ">", value)

    def __ge__(self, value: Any) -> Specification:
        return Compare(self._field, ">=", value)

    def contains(self, text: str) -> Specification:
        return Compare(self._field, "contains", text)

    def starts_with(self, text: str) -> Specification:
        return Compare(self._field, "starts with", text)

    def ends_with(self, text: str) -> Specification:
        return Compare(self._field, "ends with", text)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"where({self._field!r}) alone says nothing; compare it with a value")


def _parts(one: Specification, kind: type[AllOf | AnyOf]) -> tuple[Specification, ...]:
    """Flatten `a & b & c`, so that a long chain is one level deep."""
    return one.parts if isinstance(one, kind) else (one,)


class SpecificationRepository(Repository[T, K_contra], Protocol[T, K_contra]):
    """A repository that finds entities by what they satisfy. Raises a `BadInput` for what cannot hold."""

    async def find_by_specification(self, spec: Specification) -> Result[list[T], ReadFailure]:
        """Return all that satisfy it, sorted by key."""
        ...

    async def find_one_by_specification(self, spec: Specification) -> Result[T | None, ReadFailure]:
        """Return the first by key that satisfies it, or None."""
        ...

    async def count_by_specification(self, spec: Specification) -> Result[int, ReadFailure]:
        """Return how many satisfy it."""
        ...
