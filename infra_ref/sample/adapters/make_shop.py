"""The composition root of the sample shop: chooses a backend by URL and names all adapters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.repository.query_port import QueryableRepository
from infra_ref.sample.adapters.memory_order_overview import MemoryOrderOverview
from infra_ref.sample.adapters.shop_schemas import ORDER, USER
from infra_ref.sample.port import Order, OrderOverview, User
from infra_ref.unit_of_work.memory_queryable_unit_of_work import MemoryQueryableUnitOfWork


class Shop(NamedTuple):
    """The shop on one database. `unit_of_work` is the class of its units."""

    database: Any
    users: QueryableRepository[User, str]
    orders: QueryableRepository[Order, str]
    overview: OrderOverview
    unit_of_work: Any
    close: Callable[[], Awaitable[None]]

    def make_unit(self, **more: Any) -> Any:
        """Return a fresh unit of work of users and orders; `publish` and `record` are passed on."""
        return self.unit_of_work(self.database, [self.users, self.orders], **more)

    def watch(self) -> list[str]:
        """Return a list that grows by each statement that is sent from now on; memory is sent none."""
        sent: list[str] = []
        if not isinstance(self.database, MemoryDatabase):
            from sqlalchemy import event

            for engine in self.database.engines:
                event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
        return sent


async def make_shop(url: str = "memory://") -> Shop:
    """Open the shop at `url`; make its tables where they are missing.

        memory://                       this process only
        sqlite://                       SQLite in memory
        sqlite:///shop.db               a file; four slashes for an absolute path
        postgresql+asyncpg://host/name  PostgreSQL; or postgresql+psycopg://

    Raises ValueError for any other URL, ModuleNotFoundError if what it needs is not installed.
    """
    if url == "memory://":
        return _in_memory()
    if url.startswith("sqlite://"):
        from infra_ref.repository.sqlalchemy_sqlite_database import SqliteDatabase

        sqlite = SqliteDatabase(url.removeprefix("sqlite://").removeprefix("/") or None)
        return await _on_sql(sqlite, sqlite.close)
    if url.startswith(("postgresql+asyncpg://", "postgresql+psycopg://")):
        from sqlalchemy.ext.asyncio import create_async_engine

        from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase

        engine = create_async_engine(url, pool_reset_on_return=None)
        return await _on_sql(SqlAlchemyDatabase(engine), engine.dispose)
    scheme = url.partition("://")[0]
    known = "memory://, sqlite:///shop.db or postgresql+asyncpg://..."
    raise ValueError(f"no shop is known for {scheme!r}: {known}")


def _in_memory() -> Shop:
    async def close() -> None:
        """Close what needs no closing."""

    database = MemoryDatabase()
    users = MemoryQueryableRepository[User, str](USER, database)
    orders = MemoryQueryableRepository[Order, str](ORDER, database)
    return Shop(database, users, orders, MemoryOrderOverview(database), MemoryQueryableUnitOfWork, close)


async def _on_sql(database: Any, close: Callable[[], Awaitable[None]]) -> Shop:
    from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
    from infra_ref.sample.adapters.shop_tables import ORDER_LINES, ORDERS, SHOP, USERS
    from infra_ref.sample.adapters.sqlalchemy_order_overview import SqlAlchemyOrderOverview
    from infra_ref.unit_of_work.sqlalchemy_queryable_unit_of_work import SqlAlchemyQueryableUnitOfWork

    await database.write("make tables", SHOP.create_all)
    users = SqlAlchemyQueryableRepository[User, str](database, USER, USERS)
    orders = SqlAlchemyQueryableRepository[Order, str](database, ORDER, ORDERS, ORDER_LINES)
    overview = SqlAlchemyOrderOverview(database)
    return Shop(database, users, orders, overview, SqlAlchemyQueryableUnitOfWork, close)
