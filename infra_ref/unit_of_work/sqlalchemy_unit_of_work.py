"""A unit of work on SQL, in a transaction on a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import Protocol, TypeVar

from sqlalchemy import Connection, NestedTransaction
from sqlalchemy.exc import SQLAlchemyError

from infra_ref.repository.mapper_port import Database
from infra_ref.unit_of_work.tracking.tracking_unit_of_work import TrackingUnitOfWork

R = TypeVar("R")


class Connects(Database[Connection], Protocol):
    """What a `SqlAlchemyDatabase` lends to a transaction."""

    def turn(self, doing: str, /) -> AbstractAsyncContextManager[None]:
        """Wait until this may write."""
        ...

    def connect(self) -> Connection:
        """Return a connection to write on, inside a hop."""
        ...

    async def hop(self, doing: str, work: Callable[[], R], committing: Callable[[], bool] = ..., /) -> R:
        """Return what `work` returns, done where a connection can be used."""
        ...


class SqlAlchemyUnitOfWork(TrackingUnitOfWork[Connection]):
    """A `UnitOfWork` over SQL repositories of one database.

    database = SqliteDatabase("shop.db")
    users = SqlAlchemyRepository(database, Schema(User), users_table)
    make_unit = lambda: SqlAlchemyUnitOfWork(database, [users])
    """

    _database: Connects

    async def _begin(self) -> SqlAlchemyTransaction:
        transaction = SqlAlchemyTransaction(self._database)
        await transaction.begin()
        return transaction


class SqlAlchemyTransaction:
    """A `Transaction` on a connection of its own, given back at its end."""

    def __init__(self, database: Connects) -> None:
        self._database, self._turn = database, AsyncExitStack()
        self._connection: Connection | None = None
        self._over = False

    async def begin(self) -> None:
        """Wait for the turn to write, and connect."""
        try:
            await self._turn.enter_async_context(self._database.turn("begin"))
            await self._database.hop("begin", self._connect)
        except BaseException:
            await self.rollback()  # the hop may go on after its caller was cancelled
            raise

    async def run(self, doing: str, work: Callable[[Connection], R], *, committing: bool = False) -> R:
        connection = self._connection
        assert connection is not None
        return await self._database.hop(doing, lambda: work(connection), lambda: committing)

    async def savepoint(self) -> NestedTransaction:
        return await self.run("savepoint", Connection.begin_nested)

    async def release(self, point: NestedTransaction) -> None:
        await self.run("release a savepoint", lambda _: point.commit())

    async def rollback_to(self, point: NestedTransaction) -> None:
        await self.run("roll back to a savepoint", lambda _: point.rollback())

    async def commit(self) -> None:
        await self.run("commit", Connection.commit, committing=True)
        await self.rollback()

    async def rollback(self) -> None:
        if not self._over:
            self._over = True
            # Shielded, because a second cancellation must not keep the connection from its pool.
            await asyncio.shield(self._end())

    def _connect(self) -> None:
        self._connection = self._database.connect()

    async def _end(self) -> None:
        try:
            await self._database.hop("end", self._close)
        finally:
            await self._turn.aclose()

    def _close(self) -> None:
        if self._connection is not None:
            try:
                # A broken connection cannot be rolled back; the pool discards it when it is closed.
                with suppress(SQLAlchemyError, OSError):
                    self._connection.rollback()
            finally:
                self._connection.close()
