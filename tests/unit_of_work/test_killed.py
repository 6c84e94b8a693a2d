"""A process that is killed (SIGKILL) while it commits leaves whole units behind, and nothing half done."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from infra_ref.contract import run
from infra_ref.unit_of_work.contracts.unit_of_work_contract import Account, Transfer, seen, stored
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyUnitOfWork
from tests.repository.databases import postgres_in, schema, sqlite
from tests.unit_of_work.benches import ACCOUNTS, METADATA, mappers

ROOT = Path(__file__).resolve().parents[2]
DRIVERS = ["sqlite", "asyncpg", "psycopg"]
LOCK = select(ACCOUNTS.c.id).with_for_update()


async def die(driver: str, place: str, chance: random.Random) -> tuple[int, bool]:
    """Run the process and kill it about a COMMIT.

    Return how many commits it told of, and whether it was inside one when it died.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.unit_of_work.dying", driver, place),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told = b""
    for _ in range(2 * chance.randrange(1, 4) + 1):
        told += await asyncio.wait_for(process.stdout.readline(), 30)
    assert told.endswith(b"c\n")
    await asyncio.sleep(chance.uniform(0, 0.003))
    process.kill()
    told += await process.stdout.read()
    await process.wait()
    return told.count(b"."), told.endswith(b"c\n")


async def kill(driver: str, times: int) -> int:
    """Kill that many, look after each, and return how many died inside a COMMIT."""
    inside = 0
    async with AsyncExitStack() as stack:
        if driver == "sqlite":
            place = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bank.db")
            database: Any = await stack.enter_async_context(sqlite(Path(place), METADATA))
        else:
            place = await stack.enter_async_context(schema(driver, METADATA))
            database = await stack.enter_async_context(postgres_in(place, driver))
        make_unit: Any = lambda: SqlAlchemyUnitOfWork(database, mappers(database))  # noqa: E731
        await stored(make_unit, Account("a"), Account("b"))
        moved = 0
        for n in range(times):
            told, committing = await die(driver, place, random.Random(n))
            inside += committing
            # A server may be busy with the dead one's COMMIT still; its locks go when that has ended.
            await database.write("wait", lambda connection: connection.execute(LOCK))
            balances = await seen(make_unit)
            async with make_unit() as unit:
                transfers = (await unit.repository(Transfer).get_all()).unwrap()
            assert balances["a"] == -balances["b"]
            assert sum(transfer.amount for transfer in transfers) == balances["b"]
            # A death inside a COMMIT may have kept the one that it could not tell of any more.
            assert moved + told <= balances["b"] <= moved + told + committing
            moved = balances["b"]
    return inside


@pytest.mark.parametrize("driver", ["sqlite", "asyncpg"])
def test_a_killed_process_leaves_whole_units(driver: str) -> None:
    run(kill(driver, times=2))


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("driver", DRIVERS)
def test_so_it_does_many_times_and_most_die_in_the_commit(driver: str) -> None:
    assert run(kill(driver, times=25)) >= 5
