"""A stream of a million rows takes the memory of a few batches, told by the operating system."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.sample.adapters.shop_tables import SHOP
from tests.repository.databases import postgres_in, schema, sqlite

ROWS = 1_000_000
MEMORY = 50_000_000
pytestmark = [
    pytest.mark.deep,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its memory in /proc"),
]

USERS = "INSERT INTO users SELECT {key}, 'of ' || {key}, 'as long as names are', 1 FROM {series}"
ON_POSTGRESQL = USERS.format(key="lpad(n::text, 8, '0')", series=f"generate_series(1, {ROWS}) AS n")
ON_SQLITE = USERS.format(
    key="printf('%08d', n)",
    series=f"""(
        WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {ROWS})
        SELECT n FROM series
    )""",
)


async def sent(database: Any, statement: str) -> None:
    await database.write("fill", lambda connection: connection.exec_driver_sql(statement))


async def streamed(where: str) -> tuple[int, int]:
    """Return how many rows a process of its own streams, and by how much it grows."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.repository.streaming", where, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    rows, grown = told.split()
    print(f"{int(rows):,} rows, {int(grown) / 1e6:.1f} MB")
    return int(rows), int(grown)


def test_a_million_rows_of_postgresql() -> None:
    async def main() -> None:
        async with schema("asyncpg", SHOP) as name:
            async with postgres_in(name, "asyncpg") as database:
                await sent(database, ON_POSTGRESQL)
                await sent(database, "ANALYZE users")
            rows, grown = await streamed(name)
        assert rows == ROWS
        assert grown < MEMORY, f"{grown / 1e6:.1f} MB"

    run(main())


def test_a_million_rows_of_sqlite(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "shop.db"
        async with sqlite(path, SHOP) as database:
            await sent(database, ON_SQLITE)
        rows, grown = await streamed(str(path))
        assert rows == ROWS
        assert grown < MEMORY, f"{grown / 1e6:.1f} MB"

    run(main())
