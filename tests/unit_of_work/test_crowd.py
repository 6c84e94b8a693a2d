"""Two hundred units on five connections: none waits for ever, none is half done, and all is given back."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import text

from infra_ref.contract import run
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.unit_of_work_contract import Account, Transfer, get, stored
from infra_ref.unit_of_work.in_unit import in_unit
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyTransaction, SqlAlchemyUnitOfWork
from tests.repository.databases import postgres_in, schema, settled
from tests.unit_of_work.benches import METADATA, mappers

DRIVERS = pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
UNITS, ACCOUNTS, POOL = 200, 20, 5


def paying(n: int) -> Any:
    """Move 1 between two accounts, and note it; some flush on the way, some in a savepoint."""

    async def pay(unit: Any) -> Any:
        # The lesser key first, as all do: a cycle of locks costs PostgreSQL a second to find.
        low, high = sorted((n % ACCOUNTS, (n * 7 + 1) % ACCOUNTS))
        one, other = [await get(unit, f"{key:02}") for key in (low, high)]
        one.balance -= 1
        if n % 3 == 0 and isinstance(refused := await unit.flush(), Err):
            return refused
        other.balance += 1
        if n % 5:
            return await unit.repository(Transfer).create(Transfer(f"{n}", other.id, amount=1))
        async with unit.savepoint():
            await unit.repository(Transfer).create(Transfer(f"{n}", other.id, amount=1))
            if isinstance(refused := await unit.flush(), Err):
                return refused
        return Ok(None)

    return pay


async def crowd(driver: str, cancelled: float, seed: int) -> None:
    """Let them in, cancel that part of them at random moments, some twice, and look at what is left."""
    chance = random.Random(seed)
    async with (
        schema(driver, METADATA) as name,
        postgres_in(name, driver, pool_size=POOL) as database,
        postgres_in(name, driver) as aside,
    ):
        make_unit: Any = lambda: SqlAlchemyUnitOfWork(database, mappers(database))  # noqa: E731
        await stored(make_unit, *(Account(f"{n:02}") for n in range(ACCOUNTS)))
        before = asyncio.all_tasks()

        async def visit(n: int) -> Any:
            return await in_unit(make_unit, paying(n), attempts=60)

        async def cancel(task: Any) -> None:
            await asyncio.sleep(chance.uniform(0, 1.5))
            for _ in range(chance.choice([1, 1, 2])):
                task.cancel()
                await asyncio.sleep(chance.choice([0, 0, 0.001]))

        async with asyncio.timeout(50):
            tasks = [asyncio.create_task(visit(n)) for n in range(UNITS)]
            await asyncio.gather(*(cancel(task) for task in tasks if chance.random() < cancelled))
            await asyncio.wait(tasks)
            if late := asyncio.all_tasks() - before:  # a connection may be on its way back
                await asyncio.wait(late)

        done = {f"{n}" for n, task in enumerate(tasks) if not task.cancelled()}
        assert all(isinstance(task.result(), Ok) for task in tasks if not task.cancelled())
        assert len(done) == UNITS or cancelled
        async with make_unit() as unit:
            balances = [one.balance for one in (await unit.repository(Account).get_all()).unwrap()]
            noted = {one.id for one in (await unit.repository(Transfer).get_all()).unwrap()}
        assert done <= noted
        assert sum(balances) == 0

        assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        await settled(aside, name)
        whole = [SqlAlchemyTransaction(database) for _ in range(POOL)]
        for one in whole:
            await one.begin()
        for one in whole:
            assert await one.run("try", lambda connection: connection.execute(text("SELECT 1")).scalar()) == 1
            await one.rollback()


@DRIVERS
@pytest.mark.parametrize("cancelled", [0.0, 0.5])
def test_two_hundred_units_share_five_connections(driver: str, cancelled: float) -> None:
    run(crowd(driver, cancelled, seed=7))


@pytest.mark.deep
@pytest.mark.timeout(300)
@DRIVERS
def test_they_do_so_however_they_are_cancelled(driver: str) -> None:
    for seed in range(8):
        run(crowd(driver, cancelled=0.8, seed=seed))
