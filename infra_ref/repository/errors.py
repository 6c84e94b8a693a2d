"""What can go wrong with a repository: failures as values, a caller's mistakes as exceptions."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, TypeVar

from infra_ref.failures import Failure, Refused
from infra_ref.result import Err, Ok, Result

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Duplicate(Failure):
    """Another row already has this value. `key` is the row that was refused, `field` what must be unique.

    `field` is several names with commas where they are unique together, and the
    constraint's own name where it is not about fields of the entity.
    """

    key: Any
    field: str


@dataclass(frozen=True, slots=True)
class Missing(Failure):
    """There is no row with this key to change or remove."""

    key: Any


@dataclass(frozen=True, slots=True)
class Conflict(Failure):
    """The row has changed since it was read: load it again and decide again.

    All three are None where the database chose the loser itself, by a deadlock or
    a failed serialisation, and named no row. `actual` is None for a row that is gone.
    """

    key: Any = None
    expected: int | None = None
    actual: int | None = None
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class BrokenReference(Failure):
    """A row would refer to one that does not exist. `kind` is the entity that was written or removed."""

    kind: str


@dataclass(frozen=True, slots=True)
class Unavailable(Failure):
    """The store was not reached in time, was cut off, or has no connection free. Nothing was changed."""

    doing: str
    retryable: ClassVar[bool] = True


class Unusable(Unavailable):
    """The store answered and cannot do it, for example because a table is missing. Nothing was changed."""

    __slots__ = ()
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class OutcomeUnknown(Failure):
    """The answer to a commit was lost: all of it was written, or nothing. Look before doing it again."""

    doing: str


ReadFailure: TypeAlias = Unavailable
WriteFailure: TypeAlias = Duplicate | Missing | Conflict | BrokenReference | Unavailable | OutcomeUnknown


class BadInput(ValueError):
    """The caller's mistake, found before the store is asked; the message says what to write instead."""


class WrongType(BadInput):
    """A value that its field cannot hold."""


class NoKey(BadInput):
    """An entity whose key is None or empty."""


async def outcome(work: Awaitable[R]) -> Result[R, Any]:
    """Return `Ok` of what the work returns, or `Err` of the failure that it was refused with."""
    try:
        return Ok(await work)
    except Refused as refused:
        return Err(refused.failure)
