"""Trying again takes a fresh unit each time, waits, and knows when to stop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.repository.errors import Conflict, Duplicate
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.unit_of_work_contract import ACCOUNT, Account, seen, stored
from infra_ref.unit_of_work.in_unit import in_unit
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork


def units() -> Any:
    database = MemoryDatabase()
    accounts: Any = MemoryQueryableRepository(ACCOUNT, database)
    return lambda: MemoryUnitOfWork(database, [accounts])


async def add_one(unit: Any) -> Any:
    account = (await unit.repository(Account).get_by_id("a")).unwrap()
    await asyncio.sleep(0)
    account.balance += 1
    return Ok(account.balance)


def test_a_conflict_is_met_by_a_fresh_unit() -> None:
    async def main() -> None:
        make_unit, made = units(), []

        def counted() -> Any:
            made.append(make_unit())
            return made[-1]

        await stored(make_unit, Account("a"))
        results = await asyncio.gather(*(in_unit(counted, add_one, attempts=20) for _ in range(5)))
        assert sorted(result.unwrap() for result in results) == [1, 2, 3, 4, 5]
        assert await seen(make_unit) == {"a": 5}
        assert len({id(unit) for unit in made}) == len(made) > 5

    run(main())


def test_it_gives_up_with_the_last_refusal_and_waits_longer_each_time() -> None:
    async def main() -> None:
        make_unit, clock, waits = units(), FakeClock(), []

        async def too_late(unit: Any) -> Any:
            return Err(Conflict("a", 1, 2))

        class Waiting(FakeClock):
            async def sleep(self, seconds: float) -> None:
                waits.append(seconds)

        clock = Waiting()
        result = await in_unit(make_unit, too_late, attempts=10, clock=clock, random=lambda: 0.0)
        assert result == Err(Conflict("a", 1, 2))
        assert waits == [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0, 1.0]

    run(main())


def test_a_refusal_that_was_raised_is_met_like_any_other() -> None:
    async def main() -> None:
        make_unit = units()
        await stored(make_unit, Account("a"))

        async def add_in_a_savepoint(unit: Any) -> Any:
            account = (await unit.repository(Account).get_by_id("a")).unwrap()
            await asyncio.sleep(0)
            account.balance += 1
            async with unit.savepoint():
                return Ok(account.balance)

        await asyncio.gather(*(in_unit(make_unit, add_in_a_savepoint, attempts=20) for _ in range(5)))
        assert await seen(make_unit) == {"a": 5}

    run(main())


def test_what_cannot_be_helped_is_not_tried_again() -> None:
    async def main() -> None:
        make_unit, tries = units(), []

        async def twice(unit: Any) -> Any:
            tries.append(unit)
            return await unit.repository(Account).create_many([Account("a"), Account("a")])

        assert await in_unit(make_unit, twice) == Err(Duplicate("a", "id"))
        assert len(tries) == 1
        with pytest.raises(ValueError, match="attempts is 1 or more"):
            await in_unit(make_unit, twice, attempts=0)

    run(main())
