"""The port of a repository that answers queries, in order and in parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from infra_ref.failures import Failure
from infra_ref.repository.errors import BadInput, ReadFailure
from infra_ref.repository.port import K_contra
from infra_ref.repository.specification_port import EVERYTHING, Specification, SpecificationRepository
from infra_ref.result import Result

T = TypeVar("T")

DEFAULT_LIMIT = 50
"""Rows on a page or in a window whose query sets no limit."""

MAX_LIMIT = 10_000
"""The most rows that one query may ask for by limit; `stream` gives more."""


class OutOfRange(BadInput):
    """A limit or an offset that is negative or huge."""


@dataclass(frozen=True, slots=True)
class BadCursor(Failure):
    """A cursor that was made for another query, or not here. Start again at the first window."""

    why: str


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
    """Which rows, in which order. Rows that `order` leaves equal are sorted by key, so each order is total.

    `limit` is 1 to MAX_LIMIT; None is all rows for `query`, and DEFAULT_LIMIT for a
    page or a window. `offset` is how many rows to skip.
    """

    where: Specification = EVERYTHING
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows by position. While others insert and delete, pages repeat and skip rows; a `Window` does not.

    `total` is None unless it was asked for: counting reads every row.
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


class QueryableRepository(SpecificationRepository[T, K_contra], Protocol[T, K_contra]):
    """A repository that answers queries. A query that cannot be answered raises a `BadInput`."""

    async def query(self, query: Query) -> Result[list[T], ReadFailure]:
        """Return the rows."""
        ...

    async def query_first(self, query: Query) -> Result[T | None, ReadFailure]:
        """Return the first row, or None."""
        ...

    async def count(self, query: Query) -> Result[int, ReadFailure]:
        """Return how many rows satisfy it, whatever its limit and offset."""
        ...

    async def query_paginated(self, query: Query, *, counted: bool = False) -> Result[Page[T], ReadFailure]:
        """Return one page; with `counted`, also the total, in a second statement."""
        ...

    async def query_window(
        self, query: Query, *, after: str | None = None
    ) -> Result[Window[T], ReadFailure | BadCursor]:
        """Return the rows after the cursor `after`, or the first ones; `offset` must be 0.

        While others insert and delete, a row that stays comes exactly once.
        """
        ...

    def stream(self, query: Query, *, batch: int = 1_000) -> AsyncIterator[T]:
        """Give the rows one by one, holding `batch` of them and no connection between batches.

        `limit` and `offset` must not be set. Raises Refused with an Unavailable.
        """
        ...
