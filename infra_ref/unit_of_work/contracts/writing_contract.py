"""What a unit of work promises of its writes and reads: what it keeps, what it sees, what others see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from infra_ref.contract import rule
from infra_ref.repository.errors import Conflict
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.accounts_contract import (
    Account,
    AccountsContract,
    Transfer,
    get,
    seen,
    stored,
)
from infra_ref.unit_of_work.port import MakeUnit

MANY = 1_000


class WritingRules(AccountsContract):
    """A unit sees its own changes at once, others see them after the commit; few statements write them."""

    @rule("UOW-01", "what was committed is there for the next unit: new, changed and removed")
    async def commits(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"), Account("b"))
        async with make_unit() as unit:
            accounts = unit.repository(Account)
            (await get(unit, "a")).balance = 7
            await accounts.delete("b")
            await accounts.create(Account("c"))
            assert await unit.commit() == Ok(None)
        assert await seen(make_unit) == {"a": 7, "c": 0}

    @rule("UOW-02", "within a unit an entity is one object, however often and however it is asked for")
    async def maps_identities(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            first = await get(unit, "a")
            first.balance = 9
            assert (await unit.repository(Account).get_all()).unwrap()[0] is first
            assert await get(unit, "a") is first
            assert first.balance == 9

    @rule("UOW-03", "another unit sees nothing before the commit")
    async def isolates(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 7
            await unit.repository(Account).create(Account("b"))
            assert await seen(make_unit) == {"a": 0}
            await unit.commit()

    @rule(
        "UOW-04",
        "another unit sees nothing before the commit, not even what was flushed",
        needs="concurrency",
    )
    async def isolates_what_was_flushed(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            (await get(unit, "a")).balance = 7
            assert await unit.flush() == Ok(None)
            assert await seen(make_unit) == {"a": 0}
            await unit.commit()
        assert await seen(make_unit) == {"a": 7}

    @rule("UOW-08", "only what has changed is written")
    async def writes_what_changed(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"), Account("b", balance=3))
        async with make_unit() as unit:
            a, b = (await unit.repository(Account).get_all()).unwrap()
            a.balance, b.balance = 7, 3
            await unit.commit()
        async with make_unit() as unit:
            assert [one.version for one in (await unit.repository(Account).get_all()).unwrap()] == [2, 1]

    @rule("UOW-09", "a thousand changes are written in a handful of statements", needs="statements")
    async def writes_in_batches(self, make_unit: MakeUnit, statements: Callable[[], int]) -> None:
        await stored(make_unit, *(Account(f"{n:04}") for n in range(MANY)))
        async with make_unit() as unit:
            accounts = (await unit.repository(Account).get_all()).unwrap()
            for account in accounts:
                account.balance += 1
            await unit.repository(Transfer).create_many(Transfer(one.id, one.id) for one in accounts)
            before = statements()
            await unit.commit()
            assert 0 < statements() - before <= 20

    @rule("UOW-10", "what others refer to is written first and removed last, in whatever order it was said")
    async def orders_by_dependency(self, make_unit: MakeUnit) -> None:
        async with make_unit() as unit:
            await unit.repository(Transfer).create(Transfer("t", account_id="a"))
            await unit.repository(Account).create(Account("a"))
            assert await unit.commit() == Ok(None)
        async with make_unit() as unit:
            await unit.repository(Account).delete("a")
            await unit.repository(Transfer).delete("t")
            assert await unit.commit() == Ok(None)
        assert await seen(make_unit) == {}

    @rule("UOW-11", "a unit's queries see what it has changed")
    async def sees_its_own_work(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"), Account("b"))
        async with make_unit() as unit:
            accounts = unit.repository(Account)
            (await get(unit, "a")).balance = 7
            await accounts.create(Account("c", balance=7))
            await accounts.delete("b")
            found = (await accounts.get_all()).unwrap()
            assert [(one.id, one.balance) for one in found] == [("a", 7), ("c", 7)]
            assert await accounts.get_by_id("b") == Ok(None)

    @rule("UOW-24", "an entity from elsewhere is written over the version it was read as, and over no other")
    async def takes_in_entities(self, make_unit: MakeUnit) -> None:
        (a,) = await stored(make_unit, Account("a"))
        for expected in (Ok(None), Err(Conflict("a", expected=1, actual=2))):
            async with make_unit() as unit:
                changed = replace(a, balance=a.balance + 1, version=1)
                assert isinstance(await unit.repository(Account).update(changed), Ok)
                assert await unit.commit() == expected
        assert await seen(make_unit) == {"a": 1}
        async with make_unit() as unit:
            await get(unit, "a")
            old = replace(a, version=1)
            assert await unit.repository(Account).update(old) == Err(Conflict("a", expected=1, actual=2))

    @rule(
        "UOW-28",
        "a unique value that a unit has freed it can give again, whatever others commit meanwhile",
        needs="writers",
    )
    async def gives_a_freed_value_again(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a", owner="ada"), Account("b", owner="bob"), Account("c"))
        async with make_unit() as other, make_unit() as unit:
            (await get(other, "c")).balance = 5
            a, b = await get(unit, "a"), await get(unit, "b")
            for account, owner in ((a, None), (b, "ada"), (a, "bob")):
                account.owner = owner
                if account is b:
                    await other.commit()
                (await unit.flush()).unwrap()
            assert await unit.commit() == Ok(None)
        assert await seen(make_unit) == {"a": 0, "b": 0, "c": 5}

    @rule("UOW-29", "a row that refers to another leaves that one free to be changed", needs="writers")
    async def leaves_what_it_refers_to(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"), Account("b"))
        async with make_unit() as referring, make_unit() as changing:
            await referring.repository(Transfer).create(Transfer("t", account_id="a"))
            (await referring.flush()).unwrap()
            for key in ("a", "b"):
                (await get(changing, key)).balance = 1
            assert await changing.commit() == Ok(None)
            assert await referring.commit() == Ok(None)
        assert await seen(make_unit) == {"a": 1, "b": 1}

    @rule("UOW-30", "of what was made and removed again nothing is left to hide another's row with its key")
    async def forgets_what_never_was(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a", balance=1))
        async with make_unit() as unit:
            accounts = unit.repository(Account)
            await accounts.create(Account("a", balance=2))
            await accounts.delete("a")
            assert [one.balance for one in (await accounts.get_all()).unwrap()] == [1]
            (await get(unit, "a")).balance = 3
            assert await unit.commit() == Ok(None)
        assert await seen(make_unit) == {"a": 3}
