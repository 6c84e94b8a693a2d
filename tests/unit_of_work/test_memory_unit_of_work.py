"""Of two units in memory that have both flushed, the second to commit is told what the first one did."""

from __future__ import annotations

from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.repository.errors import BrokenReference, Conflict, Duplicate
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.unit_of_work_contract import (
    ACCOUNT,
    Account,
    Transfer,
    get,
    seen,
    stored,
)
from infra_ref.unit_of_work.memory_queryable_unit_of_work import MemoryQueryableUnitOfWork
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork
from tests.unit_of_work.benches import in_memory


async def both(first: Any, second: Any) -> tuple[Any, dict[str, int]]:
    """Let both work and flush, commit the first, and return what the second is told and what is stored."""
    database = MemoryDatabase()
    make_unit = lambda: MemoryUnitOfWork(database, in_memory(database))  # noqa: E731
    await stored(make_unit, Account("a"), Account("b"))
    async with make_unit() as one, make_unit() as two:
        for unit, work in ((one, first), (two, second)):
            await work(unit)
            assert await unit.flush() == Ok(None)
        assert await one.commit() == Ok(None)
        told = await two.commit()
    return told, await seen(make_unit)


async def change(unit: Any, key: str = "a") -> None:
    (await get(unit, key)).balance += 1


async def create(unit: Any) -> None:
    await unit.repository(Account).create(Account("c", balance=7))


async def remove(unit: Any) -> None:
    await unit.repository(Account).delete("a")


async def refer(unit: Any) -> None:
    await unit.repository(Transfer).create(Transfer("t", account_id="a"))


def test_the_second_to_change_a_row_gets_conflict() -> None:
    assert run(both(change, change)) == (Err(Conflict("a", 1, 2)), {"a": 1, "b": 0})


def test_the_second_to_create_a_row_gets_duplicate() -> None:
    assert run(both(create, create)) == (Err(Duplicate("c", "id")), {"a": 0, "b": 0, "c": 7})


def test_a_row_that_was_removed_meanwhile_is_a_conflict() -> None:
    assert run(both(remove, change)) == (Err(Conflict("a", 1, None)), {"b": 0})


def test_rows_of_different_keys_are_both_kept() -> None:
    assert run(both(change, lambda unit: change(unit, "b"))) == (Ok(None), {"a": 1, "b": 1})


def test_a_reference_to_what_was_removed_meanwhile_is_broken() -> None:
    assert run(both(remove, refer)) == (Err(BrokenReference("Transfer")), {"b": 0})
    assert run(both(refer, remove)) == (Err(BrokenReference("Account")), {"a": 0, "b": 0})


def test_a_unit_that_answers_queries_refuses_a_repository_that_does_not() -> None:
    database = MemoryDatabase()
    users = MemoryRepository[Account, str](ACCOUNT, database)
    with pytest.raises(TypeError, match="MemoryRepository of Account answers no queries: give a queryable"):
        MemoryQueryableUnitOfWork(database, [users])
