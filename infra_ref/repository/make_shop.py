"""Choose a backend for the sample shop by URL: the one place here that knows all adapters by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_mapper import MemoryMapper
from infra_ref.repository.memory_order_overview import MemoryOrderOverview
from infra_ref.repository.port import Database, Mapper, QueryableRepository
from infra_ref.repository.stored_repository import StoredRepository
from infra_ref.sample.port import ORDER, USER, Order, OrderOverview, User


@dataclass(frozen=True)
class Shop:
    """The shop's repositories on one database. `engine` is SQLAlchemy's, None in memory."""

    database: Database[Any]
    mappers: list[Mapper[Any, Any]]
    engine: Any
    close: Callable[[], Awaitable[None]]

    @property
    def users(self) -> QueryableRepository[User, str]:
        """The customers."""
        return StoredRepository(self.database, self.mappers[0])

    @property
    def orders(self) -> QueryableRepository[Order, str]:
        """Their orders."""
        return StoredRepository(self.database, self.mappers[1])

    @property
    def overview(self) -> OrderOverview:
        """Their orders as a page shows them."""
        if isinstance(self.database, MemoryDatabase):
            return MemoryOrderOverview(self.database)
        from infra_ref.repository.sqlalchemy_order_overview import SqlAlchemyOrderOverview

        return SqlAlchemyOrderOverview(self.database)

    def watch(self) -> list[str]:
        """Return a list that grows by each statement that is sent from now on; memory is sent none."""
        sent: list[str] = []
        if self.engine is not None:
            from sqlalchemy import event

            event.listen(self.engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
        return sent


async def make_shop(url: str = "memory://") -> Shop:
    """Open the shop at `url`, with tables of its own where they are missing.

        memory://                       this process only
        sqlite://                       SQLite in memory
        sqlite:///shop.db               a file; four slashes for an absolute path
        postgresql+asyncpg://host/name  PostgreSQL; or postgresql+psycopg://

    Raises ValueError for any other URL, ModuleNotFoundError if what it needs is not installed.
    """
    if url == "memory://":
        return Shop(MemoryDatabase(), [MemoryMapper(USER), MemoryMapper(ORDER)], None, _nothing)
    if url.startswith("sqlite://"):
        return _on_sqlite(url.removeprefix("sqlite://").removeprefix("/") or None)
    if url.startswith(("postgresql+asyncpg://", "postgresql+psycopg://")):
        return await _on_postgresql(url)
    scheme = url.partition("://")[0]
    raise ValueError(
        f"no shop is known for {scheme!r}: memory://, sqlite:///shop.db or postgresql+asyncpg://..."
    )


async def _nothing() -> None:
    """Close what needs no closing."""


def _on_sqlite(path: str | None) -> Shop:
    from infra_ref.repository.shop_tables import SHOP
    from infra_ref.repository.sqlite_database import SqliteDatabase, sqlite_engine

    engine = sqlite_engine(path)
    SHOP.create_all(engine)
    database = SqliteDatabase(engine)

    async def close() -> None:
        await database.close()
        engine.dispose()

    return Shop(database, _sql_mappers(), engine, close)


async def _on_postgresql(url: str) -> Shop:
    from sqlalchemy.ext.asyncio import create_async_engine

    from infra_ref.repository.shop_tables import SHOP
    from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase

    engine = create_async_engine(url, pool_reset_on_return=None)
    async with engine.begin() as connection:
        await connection.run_sync(SHOP.create_all)
    return Shop(SqlAlchemyDatabase(engine), _sql_mappers(), engine.sync_engine, engine.dispose)


def _sql_mappers() -> list[Mapper[Any, Any]]:
    from infra_ref.repository.shop_tables import ORDER_LINES, ORDERS, USERS
    from infra_ref.repository.sqlalchemy_mapper import SqlAlchemyMapper

    return [SqlAlchemyMapper(USER, USERS), SqlAlchemyMapper(ORDER, ORDERS, ORDER_LINES)]
