"""What a `StoredRepository` stands on: a mapper that knows one kind of entity, a database that runs it.

A mapper is plain functions over a handle: a SQLAlchemy `Connection`, or the
tables of the memory database. A database takes such a function to where the
handle is: over the network, to a thread, or right here. So the SQL of a
repository and of a unit of work is written once, without a single await, and a
whole transaction is one function and one trip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from infra_ref.repository.query import Query
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification import Specification

T = TypeVar("T")
R = TypeVar("R")
H_co = TypeVar("H_co", covariant=True)
H_contra = TypeVar("H_contra", contravariant=True)


class Mapper(Protocol[T, H_contra]):
    """Moves one kind of entity between objects and a store. Raises `Refused`; a rollback then undoes it."""

    @property
    def schema(self) -> Schema[T]:
        """What is stored of the entity."""
        ...

    def get(self, handle: H_contra, /, key: Any) -> T | None:
        """Return the entity with this key, or None."""
        ...

    def select(self, handle: H_contra, /, query: Query, also: Specification) -> list[T]:
        """Return fresh entities that satisfy the query and `also`, in the query's order, then by key."""
        ...

    def count(self, handle: H_contra, /, spec: Specification) -> int:
        """Return how many rows satisfy the specification."""
        ...

    def insert(self, handle: H_contra, /, entities: Sequence[T]) -> None:
        """Store new rows, each as version 1. Refused with Duplicate or BrokenReference."""
        ...

    def update(self, handle: H_contra, /, entities: Sequence[T]) -> None:
        """Store over rows that have the entity's version, and count it up.

        Refused with Missing, Conflict, Duplicate or BrokenReference.
        """
        ...

    def delete(self, handle: H_contra, /, versions: Mapping[Any, int | None]) -> None:
        """Remove rows by key, each if it has that version; None is any.

        Refused with Missing, Conflict or BrokenReference.
        """
        ...


class Savepoint(Protocol):
    """A point inside a transaction."""

    async def release(self) -> None:
        """Keep what was done since."""
        ...

    async def rollback(self) -> None:
        """Undo what was done since, and no more."""
        ...


class Transaction(Protocol[H_co]):
    """Work that others see all at once or never. End it once, with `commit` or `rollback`."""

    async def run(self, doing: str, work: Callable[[H_co], R]) -> R:
        """Return what `work` returns."""
        ...

    async def savepoint(self) -> Savepoint:
        """Remember this point."""
        ...

    async def commit(self) -> None:
        """Make it last. Refused with OutcomeUnknown if the answer was lost; it is over in any case."""
        ...

    async def rollback(self) -> None:
        """Undo it, if it is not over yet, and give the connection back."""
        ...


class Database(Protocol[H_co]):
    """Takes work to a store. `doing` is for the error: "read User". Each may be Refused with Unavailable."""

    async def read(self, doing: str, work: Callable[[H_co], R]) -> R:
        """Return what `work` returns; it sees what is committed and changes nothing."""
        ...

    async def write(self, doing: str, work: Callable[[H_co], R]) -> R:
        """Return what `work` returns, all of it committed; on any exception nothing of it is."""
        ...

    async def begin(self) -> Transaction[H_co]:
        """Start a transaction that is held until it is ended."""
        ...
