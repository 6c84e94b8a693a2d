"""A unit of work on any database: changes are tracked in objects, and written together."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from functools import partial
from typing import Any, Generic, Self, TypeVar

from infra_ref.events import DomainEvent
from infra_ref.repository.errors import WriteFailure, outcome
from infra_ref.repository.mapper_port import Database, Mapper, Transaction
from infra_ref.result import Ok, Result
from infra_ref.unit_of_work.port import EventsNotPublished, Publish, UnitMisused
from infra_ref.unit_of_work.tracking.identity_map import IdentityMap, Snapshot, write
from infra_ref.unit_of_work.tracking.tracking_repository import TrackingRepository

T = TypeVar("T")
H = TypeVar("H")
R = TypeVar("R")


class State(Enum):
    """Where a unit is in its life; the value completes "this unit ..."."""

    NEW = "was not entered yet: write `async with make_unit() as unit:`"
    OPEN = "is open"
    LEFT = "is over: its block was left"
    ROLLED_BACK = "was rolled back"
    REFUSED = "was refused, and nothing of it was written; take a fresh one"
    COMMITTED = "was committed; take a fresh one"


class TrackingUnitOfWork(ABC, Generic[H]):
    """A `UnitOfWork` over repositories of one database; `H` is the handle that their functions take.

    It holds no connection while it only reads and changes objects: each read
    takes one for a moment, and a commit writes everything in one go. Only a
    flush before the commit, which a query after a change, a savepoint, `execute`
    or `flush` makes, begins a transaction that is held to the end.

    `record` writes more rows with the commit, such as an outbox: it is called with
    the handle and the unit's events, if there are any, as the last thing before
    COMMIT. If it raises, nothing is committed.
    """

    def __init__(
        self,
        database: Database[H],
        mappers: Iterable[Mapper[Any, H]],
        *,
        publish: Publish | None = None,
        record: Callable[[H, Sequence[DomainEvent]], None] | None = None,
    ) -> None:
        self.identity_map = IdentityMap(map(self._accepted, mappers))
        self._database, self._publish, self._record = database, publish, record
        self._transaction: Transaction[H] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._depth = 0  # of savepoints
        self._state = State.NEW

    @abstractmethod
    async def _begin(self) -> Transaction[H]:
        """Begin a transaction that is held."""

    def _accepted(self, mapper: Mapper[Any, H]) -> Mapper[Any, H]:
        """Return the repository. Raises TypeError for one that cannot be tracked here."""
        return mapper

    async def __aenter__(self) -> Self:
        if self._state is not State.NEW:
            raise UnitMisused("this unit was entered before; take a fresh one")
        self._task, self._state = asyncio.current_task(), State.OPEN
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._state is not State.COMMITTED:
            await self._end(State.LEFT if self._state is State.OPEN else self._state)

    def repository(self, entity: type[T]) -> TrackingRepository[T, Any]:
        """Return the unit's repository. Raises KeyError for an entity that it was given none for."""
        self.check_use()
        return TrackingRepository(self, self.identity_map.mappers[entity])

    async def execute(self, doing: str, work: Callable[[H], R]) -> R:
        """Flush, and return what `work` returns, in the transaction. Raises Refused, which ends the unit."""
        self.check_use()
        await self.write_changes()
        return await self._run(doing, work)

    async def flush(self) -> Result[None, WriteFailure]:
        self.check_use()
        return await outcome(self.write_changes())

    async def commit(self) -> Result[None, WriteFailure]:
        self._check_outermost()
        done = await outcome(self._commit())
        if isinstance(done, Ok):
            await self._hand_over()
        return done

    async def rollback(self) -> None:
        self._check_outermost()
        await self._end(State.ROLLED_BACK)

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        self.check_use()
        await self.write_changes()
        snapshot, transaction = self.identity_map.snapshot(), await self._held()
        point = await transaction.savepoint()
        self._depth += 1
        try:
            yield
            if self._state is State.OPEN:
                await self.write_changes()
        except BaseException:
            await self._restore(transaction, point, snapshot)
            raise
        finally:
            self._depth -= 1
        if self._state is State.OPEN:
            await transaction.release(point)
        else:
            await self._restore(transaction, point, snapshot)

    def check_use(self) -> None:
        """Raise UnitMisused unless the unit is open and this is its task."""
        if self._state is not State.OPEN:
            raise UnitMisused(f"this unit {self._state.value}")
        if asyncio.current_task() is not self._task:
            raise UnitMisused("this unit belongs to another task; each task takes a unit of its own")

    async def read(self, doing: str, work: Callable[[H], R]) -> R:
        """Read in the transaction if there is one: what was flushed is nowhere else."""
        if self._transaction is None:
            return await self._database.read(doing, work)
        return await self._run(doing, work)

    async def write_changes(self) -> None:
        """Flush. Raises Refused, and then the unit can only be rolled back."""
        if changes := self.identity_map.changes():
            await self._run("write", partial(write, changes))
            self.identity_map.written(changes)

    def _check_outermost(self) -> None:
        self.check_use()
        if self._depth:
            raise UnitMisused("leave the savepoint first: a unit ends as a whole")

    async def _restore(self, transaction: Transaction[H], point: Any, snapshot: Snapshot) -> None:
        await transaction.rollback_to(point)
        self._state = State.OPEN
        self.identity_map.restore(snapshot)

    async def _commit(self) -> None:
        changes, events = self.identity_map.changes(), self.identity_map.events()

        def work(handle: H) -> None:
            write(changes, handle)
            if events and self._record is not None:
                self._record(handle, events)

        self._state = State.REFUSED
        try:
            if self._transaction is not None:
                await self._transaction.run("write", work)
                await self._transaction.commit()
            elif changes or (events and self._record is not None):
                await self._database.write("commit", work)
        except BaseException:
            await self._end(State.REFUSED)
            raise
        self._state = State.COMMITTED
        self.identity_map.written(changes)

    async def _hand_over(self) -> None:
        events = self.identity_map.events()
        self.identity_map.forget_events()
        if not events or self._publish is None:
            return
        try:
            await self._publish(events)
        except Exception as error:
            raise EventsNotPublished(events) from error

    async def _run(self, doing: str, work: Callable[[H], R]) -> R:
        transaction = await self._held()
        # A failure ends the unit, even a read's: PostgreSQL would accept the COMMIT, and keep nothing.
        self._state = State.REFUSED
        result = await transaction.run(doing, work)
        self._state = State.OPEN
        return result

    async def _held(self) -> Transaction[H]:
        if self._transaction is None:
            self._transaction = await self._begin()
        return self._transaction

    async def _end(self, state: State) -> None:
        self._state = state
        self.identity_map.undone()
        if self._transaction is not None:
            await self._transaction.rollback()
