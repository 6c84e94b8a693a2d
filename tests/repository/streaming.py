"""Stream all users of a shop, and say how many there are and by how many bytes that made this process grow.

    python -m tests.repository.streaming shop.db
    python -m tests.repository.streaming infra_ref_0a1b2c

The one is a file of SQLite, the other a schema of PostgreSQL.
"""

from __future__ import annotations

import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from resource import getpagesize
from typing import Any

from infra_ref.contract import run
from infra_ref.repository.query_port import Query
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.sample.adapters.shop_schemas import USER
from infra_ref.sample.adapters.shop_tables import SHOP, USERS
from infra_ref.sample.user import User
from tests.repository.databases import postgres_in, sqlite

BATCH = 1_000


def resident() -> int:
    """Return the bytes of memory that this process has at the moment."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


def opened(where: str) -> AbstractAsyncContextManager[Any]:
    return sqlite(Path(where), SHOP) if where.endswith(".db") else postgres_in(where, "asyncpg")


async def main(where: str) -> None:
    async with opened(where) as database:
        users: SqlAlchemyQueryableRepository[User, str] = SqlAlchemyQueryableRepository(database, USER, USERS)
        (await users.query(Query(limit=1))).unwrap()  # what is loaded but once
        before, most, count, last = resident(), 0, 0, ""
        async for user in users.stream(Query(), batch=BATCH):
            assert user.id > last
            count, last = count + 1, user.id
            if count % (BATCH // 2) == 0:
                most = max(most, resident())
        print(count, most - before)


if __name__ == "__main__":
    run(main(sys.argv[1]))
