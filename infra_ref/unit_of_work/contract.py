"""What a unit of work must prove. `make` gives a function that makes units of `ACCOUNT` and `TRANSFER`.

The units of one function share one database, which starts empty. They publish
to the contract's own `published`:

    def make(self):
        database, mappers = MemoryDatabase(), [MemoryMapper(ACCOUNT), MemoryMapper(TRANSFER)]
        return lambda: TrackingUnitOfWork(database, mappers, publish=self.publish)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from infra_ref.contract import Contract, raised, rule, tool
from infra_ref.events import DomainEvent
from infra_ref.repository.port import (
    Conflict,
    Duplicate,
    OutcomeUnknown,
    Query,
    QueryableRepository,
    Refused,
    Schema,
    WrongType,
    where,
)
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.port import EventsNotPublished, MakeUnit, UnitMisused, UnitOfWork


@dataclass
class Account:
    """An entity that says what has happened to it."""

    id: str
    owner: str | None = None
    balance: int = 0
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list[DomainEvent], compare=False, repr=False)

    def pay(self, amount: int) -> None:
        """Take the amount off."""
        self.balance -= amount
        self.events.append(DomainEvent(type="account.paid", subject=self.id, data={"amount": amount}))


@dataclass
class Transfer:
    """An entity that refers to another."""

    id: str
    account_id: str
    amount: int = 0
    version: int = 0


ACCOUNT = Schema(Account, unique=("owner",))
TRANSFER = Schema(Transfer, references={"account_id": Account})
MANY = 1_000


class UnitOfWorkContract(Contract):
    """The rules of `UnitOfWork`."""

    port = UnitOfWork
    statements: Callable[[], int] = tool("a count of the statements that its store was sent so far")
    in_use: Callable[[], int] = tool("a count of the connections that are out of the pool")
    fail_to_read: Callable[[UnitOfWork], Awaitable[object]] = tool("a read in a unit that its store refuses")
    cut_off: MakeUnit = tool("units whose connection is cut after the commit was sent, before its answer")

    @cached_property
    def published(self) -> list[DomainEvent]:
        """What was published so far."""
        return []

    async def publish(self, events: Sequence[DomainEvent]) -> None:
        """Take what a unit publishes; fails for the account `dumb`."""
        if any(event.subject == "dumb" for event in events):
            raise ConnectionError("nobody listens")
        self.published.extend(events)

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
            found = await unit.repository(Account).find_by_specification(where("id") == "a")
            assert found.unwrap()[0] is first
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
        await passed(30)
        assert in_use() == 0
        assert await seen(make_unit) == {"a": 0}
        await stored(make_unit, Account("the way is free"))

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
            rich = (await accounts.query(Query(where("balance") == 7))).unwrap()
            assert [one.id for one in rich] == ["a", "c"]
            assert await accounts.count_by_specification(where("balance") == 0) == Ok(0)
            assert await accounts.get_by_id("b") == Ok(None)

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

    @rule("UOW-18", "events are published once, after the commit, in the order of each entity")
    async def publishes(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            a = await get(unit, "a")
            for amount in (1, 2):
                a.pay(amount)
                await unit.flush()
                assert self.published == []
            a.pay(3)
            await unit.commit()
        assert [event.data["amount"] for event in self.published] == [1, 2, 3]
        assert a.events == []

    @rule("UOW-19", "events of what was rolled back, refused or undone are never published")
    async def keeps_quiet(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            (await get(unit, "a")).pay(1)
            await unit.flush()
        async with make_unit() as first, make_unit() as second:
            (await get(first, "a")).pay(2)
            (await get(second, "a")).pay(3)
            await first.commit()
            await second.commit()
        async with make_unit() as unit:
            a = await get(unit, "a")
            with raised(ZeroDivisionError):
                async with unit.savepoint():
                    a.pay(4)
                    raise ZeroDivisionError
            a.pay(5)
            await unit.commit()
        assert [event.data["amount"] for event in self.published] == [2, 5]

    @rule("UOW-20", "a publisher that fails is told as EventsNotPublished, and the commit stands")
    async def tells_of_lost_events(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("dumb"))
        async with make_unit() as unit:
            (await get(unit, "dumb")).pay(1)
            with raised(EventsNotPublished) as errors:
                await unit.commit()
            assert [event.subject for event in errors[0].events] == ["dumb"]
            assert isinstance(errors[0].__cause__, ConnectionError)
        assert await seen(make_unit) == {"dumb": -1}

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

    @rule("UOW-25", "a rolled back unit leaves its objects with the versions that they came with")
    async def gives_versions_back(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a", owner="ada"))
        mine = Account("b")
        async with make_unit() as unit:
            a = await get(unit, "a")
            a.balance = 7
            await unit.repository(Account).create(mine)
            await unit.flush()
            assert (a.version, mine.version) == (2, 1)
        assert (a.version, mine.version) == (1, 0)

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

    @rule("UOW-27", "what was removed is heard too, though its key was given anew in the same unit")
    async def publishes_of_the_removed(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            (await get(unit, "a")).pay(1)
            await unit.repository(Account).delete("a")
            await unit.repository(Account).create(Account("a"))
            await unit.commit()
        assert [event.data["amount"] for event in self.published] == [1]

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


async def passed(moments: int) -> None:
    """Let that many moments pass: turns of the loop, and from the sixteenth on half a millisecond each."""
    for moment in range(moments):
        await asyncio.sleep(0 if moment < 16 else 0.0005)


async def stored(make_unit: MakeUnit, *accounts: Account) -> list[Account]:
    """Store accounts, for a rule to begin with."""
    async with make_unit() as unit:
        (await unit.repository(Account).create_many(accounts)).unwrap()
        (await unit.commit()).unwrap()
    return list(accounts)


async def seen(make_unit: MakeUnit) -> dict[str, int]:
    """Return the balances that a fresh unit sees, from a task of its own."""

    async def look() -> dict[str, int]:
        async with make_unit() as unit:
            accounts: QueryableRepository[Account, str] = unit.repository(Account)
            return {one.id: one.balance for one in (await accounts.get_all()).unwrap()}

    return await asyncio.create_task(look())


async def get(unit: UnitOfWork, key: str) -> Account:
    """Return the account, which must be there."""
    account: Account | None = (await unit.repository(Account).get_by_id(key)).unwrap()
    assert account is not None
    return account
