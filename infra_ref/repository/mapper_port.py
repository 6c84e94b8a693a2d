"""The port of mappers: what a unit of work asks of the repositories and of the database that it is given.

A mapper is plain functions of a handle: a SQLAlchemy `Connection`, or the tables of
the memory database. They contain no await, so a whole transaction is one trip to
where the handle is. They raise `Refused`; the caller then rolls back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from infra_ref.repository.schema import Schema

T = TypeVar("T")
R = TypeVar("R")
H_co = TypeVar("H_co", covariant=True)
H_contra = TypeVar("H_contra", contravariant=True)


class Mapper(Protocol[T, H_contra]):
    """Moves one kind of entity between objects and a store."""

    schema: Schema[T]

    def get_row(self, handle: H_contra, key: Any, /) -> T | None:
        """Return the entity with this key, or None."""
        ...

    def all_rows(self, handle: H_contra, /) -> list[T]:
        """Return all entities, sorted by key."""
        ...

    def insert_rows(self, handle: H_contra, stored: Sequence[T], /) -> None:
        """Add rows. Refused with Duplicate or BrokenReference."""
        ...

    def update_rows(self, handle: H_contra, stored: Sequence[T], /) -> None:
        """Replace the rows of the version before. Refused with Missing, Conflict or as above."""
        ...

    def delete_rows(self, handle: H_contra, versions: Mapping[Any, int | None], /) -> None:
        """Remove rows of these versions; None is any. Refused with Missing, Conflict or BrokenReference."""
        ...


class Database(Protocol[H_co]):
    """Takes work to a store. `doing` is for an error: "read User". Refused with Unavailable."""

    async def read(self, doing: str, work: Callable[[H_co], R], /) -> R:
        """Return what `work` returns; it sees what is committed and changes nothing."""
        ...

    async def write(self, doing: str, work: Callable[[H_co], R], /) -> R:
        """Return what `work` returns, all of it committed; if it raises, nothing of it is."""
        ...


class Transaction(Protocol[H_co]):
    """Work that others see all at once or never. End it once, with `commit` or `rollback`."""

    async def run(self, doing: str, work: Callable[[H_co], R], /) -> R:
        """Return what `work` returns."""
        ...

    async def savepoint(self) -> Any:
        """Return this point, for `release` or `rollback_to`."""
        ...

    async def release(self, point: Any, /) -> None:
        """Keep what was done since that point."""
        ...

    async def rollback_to(self, point: Any, /) -> None:
        """Undo what was done since that point, and no more."""
        ...

    async def commit(self) -> None:
        """Make it last. Refused with OutcomeUnknown if the answer was lost; it is over in any case."""
        ...

    async def rollback(self) -> None:
        """Undo it, if it is not over yet, and give the connection back."""
        ...


__all__ = ["Database", "Mapper", "Schema", "Transaction"]
