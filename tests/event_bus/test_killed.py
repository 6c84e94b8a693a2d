"""Processes that are killed (SIGKILL) lose nothing, send few events twice, and keep each subject's order."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from infra_ref.contract import run
from tests.event_bus.dying import BATCH, DELIVERIES, ORDERS, TABLES, database_at
from tests.repository.databases import schema

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("producer", "relay", "consumer")
QUIET = 200
"""Tenths of a second without anything new, after which what has not arrived is lost."""


class Crew:
    """The three processes, which are started again when they were killed."""

    def __init__(self, *place: str) -> None:
        self.place = place
        self.running: dict[str, asyncio.subprocess.Process] = {}

    async def start(self, role: str) -> None:
        self.running[role] = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.event_bus.dying", role, *self.place),
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
        )

    async def rounds(self, role: str, many: int) -> None:
        """Wait until the process has finished that many rounds more."""
        output = self.running[role].stdout
        assert output is not None
        async with asyncio.timeout(60):
            await output.readexactly(many)

    async def kill(self, role: str) -> None:
        self.running[role].kill()
        await self.running.pop(role).communicate()

    async def end(self) -> None:
        """Kill whoever still runs."""
        for role in list(self.running):
            await self.kill(role)


async def story(database_kind: str, socket: Path, folder: Path, *, deaths: int, seed: int) -> dict[str, int]:
    """Let them work, kill them one after the other, let the last finish, and count what arrived."""
    chance, name = random.Random(seed), f"infra_ref/test/{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        place = str(folder / f"{seed}.db")
        if database_kind == "asyncpg":
            place = await stack.enter_async_context(schema("asyncpg", TABLES))
        database = await stack.enter_async_context(database_at(place))
        crew = Crew(place, str(socket), name)
        stack.push_async_callback(crew.end)
        for role in ROLES:
            await crew.start(role)
        killed: Counter[str] = Counter()
        for _ in range(deaths):
            role = chance.choice(ROLES)
            await crew.rounds(role, chance.randrange(1, 6))
            await asyncio.sleep(chance.uniform(0, 0.01))
            await crew.kill(role)
            await crew.start(role)
            killed[role] += 1
        await crew.rounds("producer", 5)
        await crew.kill("producer")
        counted = await arrived(database)
    assert counted["lost"] == 0
    assert counted["out of order"] == 0
    # A relay sends again what it had not cleared, a consumer gets again what it had not acknowledged.
    assert counted["twice"] <= BATCH * (killed["relay"] + 1) + BATCH * (killed["consumer"] + 1)
    return counted | killed


async def arrived(database: Any) -> dict[str, int]:
    """Wait until every order's event has arrived, and count those that came twice or out of order."""

    async def read(column: Any, *order: Any) -> list[Any]:
        return list(
            await database.read("look", lambda handle: handle.scalars(select(column).order_by(*order)).all())
        )

    orders = set(await read(ORDERS.c.id))
    firsts = select(DELIVERIES.c.event_id).where(DELIVERIES.c.is_first == 1).order_by(DELIVERIES.c.position)
    first: list[str] = []
    patience = QUIET
    while patience and not orders <= set(first):
        await asyncio.sleep(0.1)
        before, first = (
            len(first),
            list(await database.read("look", lambda handle: handle.scalars(firsts).all())),
        )
        patience = QUIET if len(first) > before else patience - 1
    every = await read(DELIVERIES.c.event_id)
    numbers: dict[str, list[int]] = {}
    for event_id in first:
        subject, _, number = event_id.partition("-")
        numbers.setdefault(subject, []).append(int(number))
    return {
        "orders": len(orders),
        "lost": len(orders - set(first)),
        "twice": len(every) - len(set(every)),
        "out of order": sum(one != sorted(one) for one in numbers.values()),
    }


@pytest.mark.timeout(120)
def test_killed_on_sqlite(valkey: Path, tmp_path: Path) -> None:
    counted = run(story("sqlite", valkey, tmp_path, deaths=3, seed=1))
    assert counted["orders"] > 10


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", ["sqlite", "asyncpg"])
def test_killed_many_times(kind: str, seed: int, valkey: Path, tmp_path: Path) -> None:
    counted = run(story(kind, valkey, tmp_path, deaths=25, seed=seed))
    print(kind, seed, counted)
    assert counted["orders"] > 100
