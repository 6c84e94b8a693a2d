"""A transaction on a SQLAlchemy connection that some `hop` takes work to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, NestedTransaction
from sqlalchemy.exc import SQLAlchemyError

from infra_ref.repository.sqlalchemy_errors import translated

R = TypeVar("R")


class Hop(Protocol):
    """Takes a plain function to where a connection can be used: a greenlet, or a thread."""

    def __call__(self, work: Callable[[], R], /) -> Awaitable[R]:
        """Return what `work` returns."""
        ...


class SqlAlchemyTransaction:
    """A `Transaction` on a connection of its own, given back at its end; then `ended` is called."""

    def __init__(self, hop: Hop, ended: Callable[[], None] = lambda: None) -> None:
        self._hop, self._ended = hop, ended
        self._connection: Connection | None = None
        self._over = False

    async def start(self, engine: Engine, doing: str) -> None:
        """Begin. Cancelled in the middle, it is over."""

        def starting() -> None:
            with translated(doing):
                self._connection = engine.connect()
                self._connection.begin()

        try:
            await self._hop(starting)
        except BaseException:
            await self.rollback()  # the hop may have begun after its caller was cancelled
            raise

    async def run(self, doing: str, work: Callable[[Connection], R]) -> R:
        def running() -> R:
            assert self._connection is not None
            with translated(doing):
                return _done(work, self._connection)

        return await self._hop(running)

    async def savepoint(self) -> SqlAlchemySavepoint:
        return SqlAlchemySavepoint(self, await self.run("savepoint", Connection.begin_nested))

    async def commit(self) -> None:
        def committing() -> None:
            assert self._connection is not None
            with translated("commit", committing=True):
                self._connection.commit()

        await self._hop(committing)
        await self.rollback()

    async def rollback(self) -> None:
        # Shielded, because a second cancellation must not keep the connection from its pool.
        if not self._over:
            self._over = True
            await asyncio.shield(self._end())

    async def _end(self) -> None:
        def ending() -> None:
            if self._connection is not None:
                # A broken connection cannot be rolled back; closed, it is discarded by the pool.
                with suppress(SQLAlchemyError, OSError):
                    self._connection.rollback()
                self._connection.close()

        try:
            await self._hop(ending)
        finally:
            self._ended()


class SqlAlchemySavepoint:
    """A `Savepoint` of the database's own."""

    def __init__(self, transaction: SqlAlchemyTransaction, nested: NestedTransaction) -> None:
        self._transaction, self._nested = transaction, nested

    async def release(self) -> None:
        await self._transaction.run("release a savepoint", self._do(self._nested.commit))

    async def rollback(self) -> None:
        await self._transaction.run("roll back to a savepoint", self._do(self._nested.rollback))

    @staticmethod
    def _do(end: Callable[[], None]) -> Callable[[Any], None]:
        return lambda _: end()


def read(engine: Engine, doing: str, work: Callable[[Connection], R], **options: Any) -> R:
    """Do the work on a connection for a moment, with these execution options; runs where the hop has led."""
    with translated(doing), engine.connect() as connection:
        return _done(work, connection.execution_options(**options))


def write(engine: Engine, doing: str, work: Callable[[Connection], R]) -> R:
    """Do the work and commit it, or nothing; runs where the hop has led."""
    with translated(doing), engine.connect() as connection:
        result = _done(work, connection)
        with translated(doing, committing=True):
            connection.commit()
        return result


def _done(work: Callable[[Connection], R], connection: Connection) -> R:
    """Cancelled twice, psycopg may fail an assertion of its own, and its connection fails it ever after."""
    try:
        return work(connection)
    except AssertionError as error:
        if not isinstance(error.__context__, asyncio.CancelledError):
            raise
        connection.invalidate(error)
        raise error.__context__ from None
