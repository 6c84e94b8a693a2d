"""A way to a database that SQLAlchemy reaches with asyncio: PostgreSQL through asyncpg or psycopg."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection, NestedTransaction
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infra_ref.repository.sqlalchemy_errors import translated

R = TypeVar("R")


class SqlAlchemyDatabase:
    """A `Database` of SQLAlchemy connections. Whoever made the engine disposes of it.

    A read is one round trip: it runs on AUTOCOMMIT, without BEGIN and ROLLBACK
    around it. A write is one transaction. Make the engine with
    `pool_reset_on_return=None` to save another round trip: nothing that
    leaves here is in a transaction.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def read(self, doing: str, work: Callable[[Connection], R]) -> R:
        with translated(doing):
            async with self._reading.connect() as connection:
                return await connection.run_sync(work)

    async def write(self, doing: str, work: Callable[[Connection], R]) -> R:
        transaction = await self.begin(doing)
        try:
            result = await transaction.run(doing, work)
            await transaction.commit()
        finally:
            await transaction.rollback()
        return result

    async def begin(self, doing: str = "begin") -> SqlAlchemyTransaction:
        with translated(doing):
            return SqlAlchemyTransaction(await self._engine.connect())


class SqlAlchemyTransaction:
    """A `Transaction` on a connection of its own, given back to the pool at its end."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def run(self, doing: str, work: Callable[[Connection], R]) -> R:
        with translated(doing):
            return await self._connection.run_sync(work)

    async def savepoint(self) -> SqlAlchemySavepoint:
        return SqlAlchemySavepoint(self, await self.run("savepoint", Connection.begin_nested))

    async def commit(self) -> None:
        with translated("commit", committing=True):
            await self._connection.commit()
        await self.rollback()

    async def rollback(self) -> None:
        # A broken connection cannot be rolled back; closing it lets the pool discard it. Shielded,
        # because a second cancellation must not keep the connection from the pool.
        if not self._connection.closed:
            await asyncio.shield(self._end())

    async def _end(self) -> None:
        try:
            with suppress(SQLAlchemyError, OSError):
                await self._connection.rollback()
        finally:
            await self._connection.close()


class SqlAlchemySavepoint:
    """A `Savepoint` of the database's own."""

    def __init__(self, transaction: SqlAlchemyTransaction, nested: NestedTransaction) -> None:
        self._transaction, self._nested = transaction, nested

    async def release(self) -> None:
        await self._transaction.run("release a savepoint", lambda _: self._nested.commit())

    async def rollback(self) -> None:
        await self._transaction.run("roll back to a savepoint", lambda _: self._nested.rollback())
