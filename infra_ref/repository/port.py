"""The ports of the repository pattern, and all that a caller says and gets.

A repository looks like a collection of entities and is a store. Nothing of
the store shows through: no rows, no sessions, no lazily loaded fields. An
entity that was got or given is the caller's own; changing it changes nothing
stored until it is given to `update`.

Refusals come back as `Err`. A caller's mistake, such as the name of a field
that is not there, is raised as a `BadInput` before the store is asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Protocol, TypeVar

from infra_ref.repository.query import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Order,
    Page,
    Query,
    Window,
    asc,
    check_limit,
    desc,
)
from infra_ref.repository.refusal import (
    BadCursor,
    BadInput,
    BrokenReference,
    Conflict,
    Duplicate,
    Missing,
    NoKey,
    OutcomeUnknown,
    OutOfRange,
    ReadRefusal,
    Refusal,
    Refused,
    Unavailable,
    UnknownField,
    WriteRefusal,
    WrongType,
)
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification import EVERYTHING, NOTHING, Specification, where
from infra_ref.repository.storage import Database, Mapper, Savepoint, Transaction
from infra_ref.result import Result

T = TypeVar("T")
K_contra = TypeVar("K_contra", contravariant=True)
Q_contra = TypeVar("Q_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Repository(Protocol[T, K_contra]):
    """Stored entities of one kind, by key."""

    async def get_by_id(self, key: K_contra) -> Result[T | None, ReadRefusal]:
        """Return the entity, or None if there is none with this key."""
        ...

    async def get_all(self) -> Result[list[T], ReadRefusal]:
        """Return all entities by key. Where there may be many, use `stream`."""
        ...

    async def create(self, entity: T) -> Result[T, WriteRefusal]:
        """Store a new entity; return it as stored, with its version. Refused with Duplicate."""
        ...

    async def update(self, entity: T) -> Result[T, WriteRefusal]:
        """Store over the same version of the entity; return it with the next version.

        Refused with Missing, or with Conflict if somebody wrote it since it was read.
        """
        ...

    async def delete(self, key: K_contra, *, version: int | None = None) -> Result[None, WriteRefusal]:
        """Remove the entity if it has this version; None removes any. Refused with Missing or Conflict."""
        ...

    async def exists(self, key: K_contra) -> bool:
        """Return whether there is such an entity. Raises Refused, with Unavailable in it."""
        ...

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteRefusal]:
        """Store all of them or, if one is refused, none."""
        ...

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteRefusal]:
        """Store over all of them or, if one is refused, none."""
        ...

    async def delete_many(
        self, keys: Iterable[K_contra] | Mapping[K_contra, int | None]
    ) -> Result[int, WriteRefusal]:
        """Remove all of them or, if one is refused, none; return how many. A mapping gives versions."""
        ...


class SpecificationRepository(Repository[T, K_contra], Protocol[T, K_contra]):
    """A repository that finds entities by what they satisfy."""

    async def find_by_specification(self, spec: Specification) -> Result[list[T], ReadRefusal]:
        """Return all that satisfy it, by key."""
        ...

    async def find_one_by_specification(self, spec: Specification) -> Result[T | None, ReadRefusal]:
        """Return the first by key that satisfies it, or None."""
        ...

    async def count_by_specification(self, spec: Specification) -> Result[int, ReadRefusal]:
        """Return how many satisfy it."""
        ...


class QueryableRepository(SpecificationRepository[T, K_contra], Protocol[T, K_contra]):
    """A repository that answers queries, in order and in parts."""

    async def query(self, query: Query) -> Result[list[T], ReadRefusal]:
        """Return the rows of the query."""
        ...

    async def query_first(self, query: Query) -> Result[T | None, ReadRefusal]:
        """Return its first row, or None."""
        ...

    async def count(self, query: Query) -> Result[int, ReadRefusal]:
        """Return how many rows satisfy it, whatever its limit and offset."""
        ...

    async def query_paginated(self, query: Query, *, counted: bool = False) -> Result[Page[T], ReadRefusal]:
        """Return one page; with `counted`, also the total, in a second statement."""
        ...

    async def query_window(
        self, query: Query, *, after: str | None = None
    ) -> Result[Window[T], ReadRefusal | BadCursor]:
        """Return the rows behind the cursor `after`, or the first ones; `offset` must be 0.

        While others insert and delete, a row that is there all along comes once.
        """
        ...

    def stream(self, query: Query, *, batch: int = 1_000) -> AsyncIterator[T]:
        """Give the rows one by one, holding `batch` of them and no connection between batches.

        `limit` and `offset` must not be set. Raises Refused, with Unavailable in it.
        """
        ...


class QueryService(Protocol[Q_contra, R_co]):
    """The read side: answers a question in the shape that its reader needs, past all entities."""

    async def execute(self, query: Q_contra) -> Result[R_co, ReadRefusal]:
        """Return the answer."""
        ...


__all__ = [
    "DEFAULT_LIMIT",
    "EVERYTHING",
    "MAX_LIMIT",
    "NOTHING",
    "BadCursor",
    "BadInput",
    "BrokenReference",
    "Conflict",
    "Database",
    "Duplicate",
    "Mapper",
    "Missing",
    "NoKey",
    "Order",
    "OutOfRange",
    "OutcomeUnknown",
    "Page",
    "Query",
    "QueryService",
    "QueryableRepository",
    "ReadRefusal",
    "Refusal",
    "Refused",
    "Repository",
    "Savepoint",
    "Schema",
    "Specification",
    "SpecificationRepository",
    "Transaction",
    "Unavailable",
    "UnknownField",
    "Window",
    "WriteRefusal",
    "WrongType",
    "asc",
    "check_limit",
    "desc",
    "where",
]
