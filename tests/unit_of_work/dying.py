"""A process that moves money until it is killed: python -m tests.unit_of_work.dying DRIVER PLACE

It says "c" before each COMMIT and "." after it.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from infra_ref.unit_of_work.contracts.unit_of_work_contract import Transfer, get
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyUnitOfWork
from tests.repository.databases import postgres_in, sqlite
from tests.unit_of_work.benches import METADATA, mappers


async def main(driver: str, place: str) -> None:
    async with AsyncExitStack() as stack:
        opened = sqlite(Path(place), METADATA) if driver == "sqlite" else postgres_in(place, driver)
        database = await stack.enter_async_context(opened)
        while True:
            async with SqlAlchemyUnitOfWork(database, mappers(database)) as unit:
                one, other = await get(unit, "a"), await get(unit, "b")
                one.balance -= 1
                await unit.flush()
                other.balance += 1
                # As an outbox has it: a row that tells what the unit did, in the unit.
                await unit.repository(Transfer).create(Transfer(secrets.token_hex(8), "b", amount=1))
                print("c", flush=True)
                (await unit.commit()).unwrap()
            print(".", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
