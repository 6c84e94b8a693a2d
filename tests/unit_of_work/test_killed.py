"""A process that is killed between two statements or during COMMIT leaves all of its unit, or nothing."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.unit_of_work.contract import Account, seen, stored
from infra_ref.unit_of_work.tracking_unit_of_work import TrackingUnitOfWork
from tests.repository.databases import postgres_in, schema, sqlite
from tests.unit_of_work.benches import METADATA, mappers

ROOT = Path(__file__).resolve().parents[2]


async def die(driver: str, place: str, after: float) -> int:
    """Run the process, kill it that long after its first commit, and return how many commits it told of."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.unit_of_work.dying", driver, place),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), 30)
    assert first == b".\n"
    await asyncio.sleep(after)
    process.kill()
    rest = await process.stdout.read()
    await process.wait()
    return 1 + rest.count(b".")


@pytest.mark.parametrize("driver", ["sqlite", "asyncpg"])
def test_a_killed_process_leaves_whole_units(driver: str) -> None:
    kill(driver, times=2)


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("driver", ["sqlite", "asyncpg", "psycopg"])
def test_so_it_does_many_times(driver: str) -> None:
    kill(driver, times=25)


def kill(driver: str, times: int) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            if driver == "sqlite":
                place = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bank.db")
                database: Any = await stack.enter_async_context(sqlite(Path(place), METADATA))
            else:
                place = await stack.enter_async_context(schema(driver, METADATA))
                database = await stack.enter_async_context(postgres_in(place, driver))
            make_unit: Any = lambda: TrackingUnitOfWork(database, mappers())  # noqa: E731
            await stored(make_unit, Account("a"), Account("b"))
            told = 0
            for n in range(times):
                told += await die(driver, place, after=0.0011 * n)
                balances = await seen(make_unit)
                assert balances["a"] == -balances["b"]
                # Each death may have kept one commit that it could not tell of any more.
                assert told <= balances["b"] <= told + n + 1

    run(main())
