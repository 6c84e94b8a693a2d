"""A unit of work shared by tasks: ours refuses it; most sessions mix the tasks' work up in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.result import Ok
from infra_ref.sample.adapters.shop_schemas import USER
from infra_ref.sample.user import User
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork
from infra_ref.unit_of_work.port import MakeUnit, UnitMisused, UnitOfWork

UNIT = "of 10 registrations were lost"

Register = Callable[[MakeUnit, list[str]], Awaitable[object]]


async def _create(unit: UnitOfWork, name: str) -> bool:
    return isinstance(await unit.repository(User).create(User(name, f"{name}@shop.test", name)), Ok)


async def bad(make_unit: MakeUnit, names: list[str]) -> None:
    """Register all of them, at the same time, in one unit."""
    async with make_unit() as unit:
        await asyncio.gather(*(_create(unit, name) for name in names))
        await unit.commit()


async def repaired(make_unit: MakeUnit, names: list[str]) -> None:
    """Register all of them, at the same time, each in a unit of its own."""

    async def one(name: str) -> None:
        async with make_unit() as own:
            await _create(own, name)
            await own.commit()

    await asyncio.gather(*(one(name) for name in names))


async def measure(register: Register) -> int:
    """Return how many of ten names are not there afterwards."""
    database = MemoryDatabase()
    users: MemoryRepository[User, str] = MemoryRepository(USER, database)
    make_unit: Any = partial(MemoryUnitOfWork, database, [users])
    names = [f"user{n}" for n in range(10)]
    with suppress(UnitMisused):  # what the unit of work says to two tasks
        await register(make_unit, names)
    return len(names) - len((await users.get_all()).unwrap())
