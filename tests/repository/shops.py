"""The sample shop on every backend."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_mapper import MemoryMapper
from infra_ref.repository.shop_tables import ORDER_LINES, ORDERS, SHOP, USERS
from infra_ref.repository.sqlalchemy_mapper import SqlAlchemyMapper
from infra_ref.sample.port import ORDER, USER, MakeShopUnit
from infra_ref.unit_of_work.tracking_unit_of_work import TrackingUnitOfWork
from tests.repository.databases import postgres, sqlite


def units(database: Any, **more: Any) -> MakeShopUnit:
    """Return what makes the shop's units on a database."""
    mappers: list[Any] = (
        [MemoryMapper(USER), MemoryMapper(ORDER)]
        if isinstance(database, MemoryDatabase)
        else [SqlAlchemyMapper(USER, USERS), SqlAlchemyMapper(ORDER, ORDERS, ORDER_LINES)]
    )
    return lambda: TrackingUnitOfWork(database, mappers, **more)


@asynccontextmanager
async def memory() -> AsyncIterator[Any]:
    yield MemoryDatabase()


@asynccontextmanager
async def sqlite_file() -> AsyncIterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        async with sqlite(Path(folder) / "shop.db", SHOP) as database:
            yield database


DATABASES: dict[str, Callable[[], AbstractAsyncContextManager[Any]]] = {
    "memory": memory,
    "sqlite": lambda: sqlite(metadata=SHOP),
    "sqlite file": sqlite_file,
    "asyncpg": lambda: postgres("asyncpg", SHOP),
    "psycopg": lambda: postgres("psycopg", SHOP),
}
