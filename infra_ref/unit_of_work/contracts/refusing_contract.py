"""What a unit of work promises of refusals: conflicts, bad values, failures of its store, and misuse."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from infra_ref.contract import raised, rule
from infra_ref.repository.errors import Conflict, Duplicate, OutcomeUnknown, WrongType
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.accounts_contract import Account, AccountsContract, get, seen, stored
from infra_ref.unit_of_work.port import MakeUnit, UnitMisused, UnitOfWork


class RefusingRules(AccountsContract):
    """What cannot be kept is told for what it is, and nothing of such a unit is kept."""

    @rule(
        "UOW-14",
        "of two units that change one row the second is refused as Conflict, and writes nothing at all",
    )
    async def refuses_a_lost_update(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"), Account("b"))
        async with make_unit() as first, make_unit() as second:
            (await get(first, "b")).balance = 1
            b, a = await get(second, "b"), await get(second, "a")
            a.balance, b.balance = 5, 5
            await second.repository(Account).create(Account("c"))
            assert await first.commit() == Ok(None)
            assert await second.commit() == Err(Conflict("b", expected=1, actual=2))
        assert await seen(make_unit) == {"a": 0, "b": 1}

    @rule("UOW-15", "a row that somebody changed cannot be removed, nor one that was removed be changed")
    async def refuses_a_stale_removal(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"), Account("b"))
        async with make_unit() as first, make_unit() as second:
            (await get(first, "a")).balance = 1
            await second.repository(Account).delete("a")
            await first.commit()
            assert await second.commit() == Err(Conflict("a", expected=1, actual=2))
        async with make_unit() as first, make_unit() as second:
            await first.repository(Account).delete("b")
            (await get(second, "b")).balance = 1
            await first.commit()
            assert isinstance(await second.commit(), Err)
        async with make_unit() as unit:
            stale = await unit.repository(Account).delete("a", version=1)
            assert stale == Err(Conflict("a", expected=1, actual=2))
        assert await seen(make_unit) == {"a": 1}

    @rule("UOW-16", "a second commit and use before, after or beyond the block are UnitMisused")
    async def refuses_misuse(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        fresh = make_unit()
        with raised(UnitMisused):
            await fresh.commit()
        async with make_unit() as unit:
            accounts = unit.repository(Account)
            await unit.commit()
            for use in (unit.commit, unit.flush, unit.rollback, accounts.get_all):
                with raised(UnitMisused):
                    await use()
        with raised(UnitMisused):
            await accounts.get_by_id("a")
        with raised(UnitMisused):
            await unit.__aenter__()
        async with make_unit() as unit, unit.savepoint():
            for use in (unit.commit, unit.rollback):
                with raised(UnitMisused):
                    await use()

    @rule("UOW-17", "a second task on one unit is UnitMisused")
    async def refuses_a_second_task(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            both = await asyncio.gather(
                asyncio.create_task(unit.repository(Account).get_all()), unit.flush(), return_exceptions=True
            )
            assert [type(one) for one in both] == [UnitMisused, UnitMisused]
            assert len((await unit.repository(Account).get_all()).unwrap()) == 1

    @rule("UOW-21", "a commit whose answer was lost is OutcomeUnknown, not a failure")
    async def tells_the_unknown(self, make_unit: MakeUnit, cut_off: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        for flush in (False, True):
            before = (await seen(make_unit))["a"]
            async with cut_off() as unit:
                (await get(unit, "a")).balance = before + 7
                if flush:
                    await unit.flush()
                assert isinstance((refused := await unit.commit()), Err)
                assert isinstance(refused.error, OutcomeUnknown)
            assert (await seen(make_unit))["a"] in (before, before + 7)

    @rule("UOW-22", "after a refusal there is no way to commit the rest")
    async def ends_with_a_refusal(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a", owner="ada"))
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 7
            await unit.flush()
            await unit.repository(Account).create(Account("b", owner="ada"))
            assert await unit.flush() == Err(Duplicate("b", "owner"))
            with raised(UnitMisused):
                await unit.commit()
        assert await seen(make_unit) == {"a": 0}

    @rule("UOW-23", "a value that a field cannot hold is a BadInput at the flush, and nothing is written")
    async def refuses_bad_values(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"), Account("b"))
        anything: Any = "7"
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 1
            (await get(unit, "b")).balance = anything
            with raised(WrongType):
                await unit.commit()
        assert await seen(make_unit) == {"a": 0, "b": 0}

    @rule("UOW-26", "a read that is refused after a flush ends the unit: no commit says Ok and keeps nothing")
    async def ends_with_a_failed_read(
        self, make_unit: MakeUnit, fail_to_read: Callable[[UnitOfWork], Awaitable[object]]
    ) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 7
            await unit.flush()
            assert isinstance(await fail_to_read(unit), Err)
            with raised(UnitMisused):
                await unit.commit()
        assert await seen(make_unit) == {"a": 0}

    @rule("UOW-31", "a refused commit gives way at once, before the block is left")
    async def gives_way(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a", owner="ada"))
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 7
            await unit.flush()
            await unit.repository(Account).create(Account("b", owner="ada"))
            assert isinstance(await unit.commit(), Err)
            await asyncio.create_task(stored(make_unit, Account("c")))
        assert await seen(make_unit) == {"a": 0, "c": 0}
