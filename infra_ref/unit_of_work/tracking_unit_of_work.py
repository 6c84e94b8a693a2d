"""A unit of work on any database: changes are tracked in objects, and written when it matters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from infra_ref.repository.port import Database, Mapper, Refused, Savepoint, Transaction, WriteRefusal
from infra_ref.result import Err, Ok, Result
from infra_ref.unit_of_work.port import EventsNotPublished, Publish, UnitMisused
from infra_ref.unit_of_work.tracked_repository import TrackedRepository
from infra_ref.unit_of_work.tracking import Memory, Tracking

T = TypeVar("T")
R = TypeVar("R")


class TrackingUnitOfWork:
    """A `UnitOfWork` over mappers of one database.

        database = SqliteDatabase(sqlite_engine("shop.db"))
        mappers = [SqlAlchemyMapper(Schema(User), users_table)]
        make_unit = partial(TrackingUnitOfWork, database, mappers)

    It holds no connection while it only reads and changes objects: each read
    takes one for a moment, and a commit writes everything in one go. Only a
    flush before the commit, which a query after a change, a savepoint or
    `flush` makes, begins a transaction that is held to the end.
    """

    def __init__(
        self, database: Database[Any], mappers: Iterable[Mapper[Any, Any]], *, publish: Publish | None = None
    ) -> None:
        self.tracking = Tracking(mappers)
        self._database, self._publish = database, publish
        self._transaction: Transaction[Any] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._inside = 0
        self._ended = "was not entered yet: write `async with make_unit() as unit:`"

    async def __aenter__(self) -> Self:
        if self._task is not None:
            raise UnitMisused("this unit was entered before; take a fresh one")
        self._task, self._ended = asyncio.current_task(), ""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ended != _COMMITTED:
            await self._end(self._ended or "is over: its block was left")

    def repository(self, entity: type[T]) -> TrackedRepository[T, Any]:
        """Return the unit's repository; raises KeyError for an entity that it has no mapper for."""
        self.check_use()
        return TrackedRepository(self, self._database, self.tracking.mappers[entity])

    async def flush(self) -> Result[None, WriteRefusal]:
        self.check_use()
        return await _outcome(self.write_changes())

    async def commit(self) -> Result[None, WriteRefusal]:
        self._check_outermost()
        done = await _outcome(self._commit())
        if isinstance(done, Ok):
            await self._hand_over()
        return done

    async def rollback(self) -> None:
        self._check_outermost()
        await self._end("was rolled back")

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        self.check_use()
        await self.write_changes()
        memory = self.tracking.remember()
        point = await (await self._held()).savepoint()
        self._inside += 1
        try:
            yield
            if not self._ended:
                await self.write_changes()
        except BaseException:
            await self._back(point, memory)
            raise
        finally:
            self._inside -= 1
        if self._ended:
            await self._back(point, memory)
        else:
            await point.release()

    def check_use(self) -> None:
        """Raise UnitMisused unless the unit is open and this is its task."""
        if self._ended:
            raise UnitMisused(f"this unit {self._ended}")
        if asyncio.current_task() is not self._task:
            raise UnitMisused("this unit belongs to another task; each task takes a unit of its own")

    async def read(self, doing: str, work: Callable[[Any], R]) -> R:
        """Read in the transaction if there is one: what was flushed is nowhere else."""
        if self._transaction is None:
            return await self._database.read(doing, work)
        return await self._run(self._transaction, doing, work)

    async def write_changes(self) -> None:
        """Flush; raises Refused, and then nothing but the way back is left."""
        changes = self.tracking.changes()
        if not changes:
            return
        await self._run(await self._held(), "write", changes.apply)
        self.tracking.written(changes)

    def _check_outermost(self) -> None:
        self.check_use()
        if self._inside:
            raise UnitMisused("leave the savepoint first: a unit ends as a whole")

    async def _back(self, point: Savepoint, memory: Memory) -> None:
        await point.rollback()
        self._ended = ""
        self.tracking.back(memory)

    async def _commit(self) -> None:
        changes = self.tracking.changes()
        self._ended = _REFUSED
        try:
            if self._transaction is None and changes:
                await self._database.write("commit", changes.apply)
            elif self._transaction is not None:
                if changes:
                    await self._transaction.run("write", changes.apply)
                await self._transaction.commit()
        except BaseException:
            await self._end(_REFUSED)
            raise
        self._ended = _COMMITTED
        self.tracking.written(changes)

    async def _hand_over(self) -> None:
        events = self.tracking.take_events()
        if not events or self._publish is None:
            return
        try:
            await self._publish(events)
        except Exception as error:
            raise EventsNotPublished(events) from error

    async def _run(self, transaction: Transaction[Any], doing: str, work: Callable[[Any], R]) -> R:
        # A failure ends the unit, even a read's: PostgreSQL would take the COMMIT, and keep nothing.
        self._ended = _REFUSED
        result = await transaction.run(doing, work)
        self._ended = ""
        return result

    async def _held(self) -> Transaction[Any]:
        if self._transaction is None:
            self._transaction = await self._database.begin()
        return self._transaction

    async def _end(self, how: str) -> None:
        self._ended = how
        self.tracking.undone()
        if self._transaction is not None:
            await self._transaction.rollback()


_COMMITTED = "was committed; take a fresh one"
_REFUSED = "was refused, and nothing of it was written; take a fresh one"


async def _outcome(work: Awaitable[None]) -> Result[None, Any]:
    try:
        await work
    except Refused as refused:
        return Err(refused.refusal)
    return Ok(None)
