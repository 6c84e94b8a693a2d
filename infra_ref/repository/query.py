"""Queries: which rows, in which order, and how many of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from infra_ref.repository.refusal import OutOfRange, WrongType
from infra_ref.repository.scalar import unfit
from infra_ref.repository.specification import EVERYTHING, Specification

T = TypeVar("T")

DEFAULT_LIMIT = 50
"""Rows on a page or in a window whose query sets no limit."""

MAX_LIMIT = 10_000
"""The most rows that one query may ask for by limit. Larger needs are met by `stream`."""


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by this field. None comes after every value, so first when descending."""

    field: str
    descending: bool = False


def asc(field: str) -> Order:
    """Order by a field, the least first."""
    return Order(field)


def desc(field: str) -> Order:
    """Order by a field, the greatest first."""
    return Order(field, descending=True)


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows are wanted. Rows that `order` leaves equal come by ascending key, so each order is total.

    `limit` None means all rows for `query`, and `DEFAULT_LIMIT` for a page or a
    window; otherwise 1 to `MAX_LIMIT`. `offset` skips rows.
    """

    where: Specification = EVERYTHING
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


def check_limit(limit: int) -> None:
    """Raise WrongType for what is no whole number, OutOfRange unless it is 1 to MAX_LIMIT."""
    if why := unfit(int, limit):
        raise WrongType(f"limit is int: {why}")
    if not 1 <= limit <= MAX_LIMIT:
        raise OutOfRange(f"limit is 1 to {MAX_LIMIT}; got {limit}")


def check_offset(offset: int) -> None:
    """Raise WrongType for what is no whole number, OutOfRange unless it is 0 or more."""
    if why := unfit(int, offset):
        raise WrongType(f"offset is int: {why}")
    if offset < 0:
        raise OutOfRange(f"offset is 0 or more; got {offset}")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows by position. While others insert and delete, pages repeat and skip rows; a `Window` does not.

    `total` is None unless it was asked for, because counting reads every row.
    """

    items: list[T]
    limit: int
    offset: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Window(Generic[T]):
    """Rows that come after a cursor. `next_cursor` is None once there are no more."""

    items: list[T]
    next_cursor: str | None
