"""What a unit of work promises of what is not kept: exceptions, rollbacks, cancellations, savepoints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from infra_ref.contract import raised, rule
from infra_ref.failures import Refused
from infra_ref.repository.errors import Duplicate
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.accounts_contract import Account, AccountsContract, get, seen, stored
from infra_ref.unit_of_work.port import MakeUnit


class UndoingRules(AccountsContract):
    """However a block is left, what was not committed is undone; a savepoint undoes its own part alone."""

    @rule("UOW-05", "an exception that leaves the block rolls back and passes on")
    async def rolls_back_on_an_exception(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        for flush in (False, True):
            with raised(ZeroDivisionError):
                async with make_unit() as unit:
                    (await get(unit, "a")).balance = 7
                    if flush:
                        await unit.flush()
                    raise ZeroDivisionError
            assert await seen(make_unit) == {"a": 0}

    @rule("UOW-06", "a forgotten commit and a rollback undo everything")
    async def rolls_back_what_was_not_committed(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 7
            await unit.flush()
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 7
            await unit.flush()
            await unit.rollback()
        assert await seen(make_unit) == {"a": 0}

    @rule("UOW-07", "a cancellation at any moment rolls back, a second one too; no connection is lost")
    async def rolls_back_when_cancelled(self, make_unit: MakeUnit, in_use: Callable[[], int]) -> None:
        await stored(make_unit, Account("a"))

        async def work() -> None:
            async with make_unit() as unit:
                (await get(unit, "a")).balance = 7
                await unit.flush()
                await unit.repository(Account).get_all()
                await asyncio.sleep(60)

        for moment in range(32):
            task = asyncio.create_task(work())
            await passed(moment)
            task.cancel()
            if moment % 2:
                await passed(moment % 6)
                task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()
        if in_use():  # one may still be on its way back
            await asyncio.sleep(2)
        assert in_use() == 0
        assert await seen(make_unit) == {"a": 0}
        await stored(make_unit, Account("the way is free"))

    @rule(
        "UOW-12", "a savepoint that fails undoes its own work, objects included, and keeps the work around it"
    )
    async def undoes_a_savepoint(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"), Account("b"))
        async with make_unit() as unit:
            a, b = await get(unit, "a"), await get(unit, "b")
            a.balance = 1
            with raised(ZeroDivisionError):
                async with unit.savepoint():
                    a.balance, b.balance = 2, 2
                    await unit.repository(Account).create(Account("c"))
                    await unit.flush()
                    raise ZeroDivisionError
            assert (a.balance, b.balance) == (1, 0)
            with raised(ZeroDivisionError):
                async with unit.savepoint():
                    a.id = "z"
                    await unit.repository(Account).update(replace(b, balance=9))
                    await unit.repository(Account).delete("b")
                    raise ZeroDivisionError
            assert await get(unit, "b") is b
            async with unit.savepoint():
                b.balance = 3
            assert await unit.commit() == Ok(None)
        assert await seen(make_unit) == {"a": 1, "b": 3}

    @rule("UOW-13", "after a refusal inside a savepoint the unit still works")
    async def survives_a_refusal_in_a_savepoint(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a", owner="ada"))
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 1
            async with unit.savepoint():
                await unit.repository(Account).create(Account("b", owner="ada"))
                assert await unit.flush() == Err(Duplicate("b", "owner"))
            with raised(Refused):
                async with unit.savepoint():
                    await unit.repository(Account).create(Account("b", owner="ada"))
            await unit.repository(Account).create(Account("c", owner="eve"))
            assert await unit.commit() == Ok(None)
        assert await seen(make_unit) == {"a": 1, "c": 0}

    @rule("UOW-25", "a rolled back unit leaves its objects with the versions that they came with")
    async def gives_versions_back(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a", owner="ada"))
        async with make_unit() as unit:
            a, mine = await get(unit, "a"), Account("b")
            a.balance = 7
            await unit.repository(Account).create(mine)
            await unit.flush()
            assert (a.version, mine.version) == (2, 1)
        assert (a.version, mine.version) == (1, 0)


async def passed(moments: int) -> None:
    """Let that many moments pass: turns of the loop, and from the sixteenth on half a millisecond each."""
    for moment in range(moments):
        await asyncio.sleep(0 if moment < 16 else 0.0005)
