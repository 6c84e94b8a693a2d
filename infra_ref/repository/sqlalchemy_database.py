"""A way to a database that SQLAlchemy reaches with asyncio: PostgreSQL through asyncpg or psycopg."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from infra_ref.repository.sqlalchemy_transaction import SqlAlchemyTransaction, read, write

R = TypeVar("R")


class SqlAlchemyDatabase:
    """A `Database` of SQLAlchemy connections. Whoever made the engine disposes of it.

    Each piece of work is one hop to a greenlet, in which the driver's awaits
    look like calls. A read is one round trip: it runs on AUTOCOMMIT, without
    BEGIN and ROLLBACK around it. Make the engine with
    `pool_reset_on_return=None` to save another round trip: nothing that leaves
    here is in a transaction.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.sync_engine

    async def read(self, doing: str, work: Callable[[Connection], R]) -> R:
        return await greenlet_spawn(read, self._engine, doing, work, isolation_level="AUTOCOMMIT")

    async def write(self, doing: str, work: Callable[[Connection], R]) -> R:
        return await greenlet_spawn(write, self._engine, doing, work)

    async def begin(self, doing: str = "begin") -> SqlAlchemyTransaction:
        transaction = SqlAlchemyTransaction(greenlet_spawn)
        await transaction.start(self._engine, doing)
        return transaction
