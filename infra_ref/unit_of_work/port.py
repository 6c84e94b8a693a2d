"""The port of the unit of work, and what can be relied on.

    async with make_unit() as unit:
        accounts = unit.repository(Account)
        account = (await accounts.get_by_id("a")).unwrap()
        account.balance -= 5
        match await unit.commit():
            case Ok(): ...
            case Err(refusal): ...      # nothing of it was written

What a unit loads it remembers: asked again, it gives the same object. Changes
made to that object need no `update`; they are found when the unit flushes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias, TypeVar

from infra_ref.events import DomainEvent
from infra_ref.repository.errors import WriteFailure
from infra_ref.repository.port import Repository
from infra_ref.result import Result

T = TypeVar("T")

Publish: TypeAlias = Callable[[Sequence[DomainEvent]], Awaitable[None]]
"""Hands events over, once they are true."""


class UnitMisused(Exception):
    """A bug of the caller: a second commit, use after the end, or two tasks on one unit."""


class EventsNotPublished(Exception):
    """The commit stands, but what publishes its events failed; that is the cause. `events` holds them.

    A process that dies here loses them. Where that matters, write them to an
    outbox in the unit itself and let a relay publish them.
    """

    def __init__(self, events: Sequence[DomainEvent]) -> None:
        super().__init__(f"committed, but {len(events)} events were not published")
        self.events = tuple(events)


class UnitOfWork(Protocol):
    """One business transaction, for one task.

    Others see nothing of it before `commit`. Leaving the block without one,
    by its end, an exception or a cancellation, undoes all of it. Rows are not
    locked by reading: a row that someone else has changed since it was read
    here refuses the commit with Conflict.

    Every method raises UnitMisused outside the block, in another task than the
    block's, and after `commit`, `rollback` or a refusal, which end the unit.
    """

    async def __aenter__(self) -> Self:
        """Begin. A unit is entered once."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back what was not committed, and give the connection back."""
        ...

    def repository(self, entity: type[T]) -> Repository[T, Any]:
        """Return the unit's repository of this entity; its writes wait for the flush.

        `create` and `update` keep the very object that they are given. `get_all`
        flushes first, so that it sees what the unit has changed.
        """
        ...

    async def flush(self) -> Result[None, WriteFailure]:
        """Write what has changed, inside the transaction, in as few statements as there are kinds of change.

        New rows are written before the rows that refer to them, and removed
        after them. Raises BadInput, before anything is written, for an entity
        that was given a value it cannot hold.
        """
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Return a block that can be undone by itself.

        It flushes at its start and its end. An exception undoes the work and
        the changes to objects since its start, and passes on. A flush that was
        refused inside undoes them too, and the unit goes on; if it is the one
        at the end, `Refused` is raised, since nobody has seen the refusal yet.
        So it is if the one at the start is refused, and that ends the unit.
        """
        ...

    async def commit(self) -> Result[None, WriteFailure]:
        """Flush and make it last; then hand over the events of its entities, each entity's in order.

        An entity's events are in its attribute `events`, a list, which is
        emptied. Raises EventsNotPublished.
        """
        ...

    async def rollback(self) -> None:
        """Undo all of it."""
        ...


MakeUnit: TypeAlias = Callable[[], UnitOfWork]
"""Gives a fresh unit, not yet entered."""

__all__ = ["EventsNotPublished", "MakeUnit", "Publish", "UnitMisused", "UnitOfWork"]
