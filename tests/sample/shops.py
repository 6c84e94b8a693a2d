"""The sample shop on every backend."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.sample.adapters.shop_schemas import ORDER, USER
from infra_ref.sample.adapters.shop_tables import ORDER_LINES, ORDERS, SHOP, USERS
from infra_ref.sample.use_cases import MakeShopUnit
from infra_ref.unit_of_work.memory_queryable_unit_of_work import MemoryQueryableUnitOfWork
from infra_ref.unit_of_work.sqlalchemy_queryable_unit_of_work import SqlAlchemyQueryableUnitOfWork
from tests.repository.databases import postgres, sqlite


def repositories(database: Any) -> list[Any]:
    """Return the shop's repositories on a database."""
    if isinstance(database, MemoryDatabase):
        return [MemoryQueryableRepository(one, database) for one in (USER, ORDER)]
    return [
        SqlAlchemyQueryableRepository(database, USER, USERS),
        SqlAlchemyQueryableRepository(database, ORDER, ORDERS, ORDER_LINES),
    ]


def units(database: Any, **more: Any) -> MakeShopUnit:
    """Return what makes the shop's units on a database."""
    in_memory = isinstance(database, MemoryDatabase)
    kind: Any = MemoryQueryableUnitOfWork if in_memory else SqlAlchemyQueryableUnitOfWork
    return lambda: kind(database, repositories(database), **more)


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
