"""What a repository may refuse, each a value that says whether trying again can help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another row already has this value. `field` is the one that must be unique, `key` the row refused.

    Where a store has a rule of its own that the schema knows nothing of,
    `field` may be several names with commas or the rule's name, and `key` is
    None for one of many rows that the store did not name.
    """

    key: Any
    field: str
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no row with this key to change or remove."""

    key: Any
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """Someone else has changed the row since it was read: load it afresh and decide again.

    `key`, `expected` and `actual` are None where the database itself chose the
    loser, by a deadlock or a failed serialisation, and named no row.
    """

    key: Any = None
    expected: int | None = None
    actual: int | None = None
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class BrokenReference:
    """A row would point at one that is not there. `kind` is the entity that was being written or removed."""

    kind: str
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The store did not do it: not reached in time, cut off, out of connections, or broken.

    Nothing was changed. `retryable` is False where waiting will not help, such
    as for a table that is missing. `cause` is the driver's own exception; it is
    not part of the text, for it may hold SQL and values.
    """

    doing: str
    retryable: bool = True
    cause: BaseException | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """The connection was cut while committing: all of it was done, or nothing. Look before doing it again."""

    doing: str
    cause: BaseException | None = field(default=None, repr=False, compare=False)
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class BadCursor:
    """A cursor that was made for another query, or not by us. Start again at the first window."""

    why: str
    retryable: ClassVar[bool] = False


ReadRefusal: TypeAlias = Unavailable
WriteRefusal: TypeAlias = Duplicate | Missing | Conflict | BrokenReference | Unavailable | OutcomeUnknown
Refusal: TypeAlias = WriteRefusal | BadCursor


class Refused(Exception):
    """A refusal on its way up, where no Result can carry it; `refusal` holds it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(repr(refusal))
        self.refusal = refusal


class BadInput(ValueError):
    """The caller's mistake, found before the store was asked: the message says what to write instead."""


class UnknownField(BadInput):
    """A specification or an order names a field that the entity does not have."""


class WrongType(BadInput):
    """A value that its field cannot hold."""


class NoKey(BadInput):
    """An entity whose key is None or empty."""


class OutOfRange(BadInput):
    """A limit or an offset that is negative or huge."""
