"""The exercises of the notebook on units of work, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from infra_ref.contract import rule
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.unit_of_work.contracts.unit_of_work_contract import (
    ACCOUNT,
    TRANSFER,
    Account,
    UnitOfWorkContract,
)
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork
from infra_ref.unit_of_work.tracking.tracking_unit_of_work import State
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong


def in_memory(kind: Any) -> Callable[[], Any]:
    """Make what makes units of this kind, on a fresh database in memory."""

    def make() -> Any:
        database = MemoryDatabase()
        accounts: Any = MemoryRepository(ACCOUNT, database)
        mappers: list[Any] = [accounts, MemoryRepository(TRANSFER, database)]
        return lambda: kind(database, mappers)

    return make


class LeavingContract(UnitOfWorkContract):
    """The rules of a unit of work, and one about its end."""

    @rule("LEAVE-01", "once its block is left, a unit is over, and its transaction too")
    async def is_over(self, make_unit: Any) -> None:
        async with make_unit() as unit:
            await unit.repository(Account).create(Account("a"))
            await unit.flush()
        assert unit.done is True


LEAVING = Exercise(
    id="unit_of_work/leaving",
    title="However the block is left",
    task="""
        This unit commits when its block is left. Repair it: unless the caller said `commit`, whatever
        leaves the block undoes all of it. `self.done` tells whether the unit was committed or rolled
        back already; `await self.rollback()` undoes.
    """,
    makes="MyUnit",
    given="from infra_ref.workbench.exercises.unit_of_work import Unfinished",
    frame="""
        class MyUnit(Unfinished):
            async def __aexit__(self, kind, error, trace):
                ____
    """,
    blank="""
        if not self.done:
            await self.commit()
    """,
    solution="""
        if not self.done:
            await self.rollback()
    """,
    wrong=(
        Wrong(
            "only an error rolls back",
            """
            if not self.done:
                await (self.commit() if kind is None else self.rollback())
            """,
            breaks=("UOW-06",),
            feedback="""
                A block that ends early, by a `return` in the middle, ends without an error too. What was
                not said is not meant.
            """,
        ),
        Wrong(
            "the error is kept",
            """
            if not self.done:
                await self.rollback()
            return True
            """,
            breaks=("UOW-05",),
            feedback="`return True` swallows the exception: the caller goes on as if all were well.",
        ),
        Wrong(
            "only what is called an error counts",
            """
            if not self.done and kind is not None:
                await self.rollback()
            elif not self.done:
                await self.flush()
                await self.commit()
            """,
            breaks=("UOW-06",),
            feedback="Leaving without a commit is not a commit. There are no two cases here.",
        ),
    ),
    hints=(
        "Which ways lead out of a block? Its end, a return, an exception, a cancellation.",
        "There is one case only: not committed. It needs neither `kind` nor `error`.",
    ),
    notice="A commit is a decision, so the caller has to write it. Everything else is undone.",
    contract=LeavingContract,
    only=("UOW-01", "UOW-05", "UOW-06", "LEAVE-01"),
    bench=in_memory,
)


class Unfinished(MemoryUnitOfWork):
    """A unit whose leaving is yours to write."""

    @property
    def done(self) -> bool:
        """Whether it was committed, rolled back or refused."""
        return self._state is not State.OPEN

    async def __aexit__(self, *error: object) -> None:
        """To be written."""
        raise NotImplementedError("write `__aexit__`")


async def _loses_nothing(attempt: Any) -> None:
    make_unit = in_memory(MemoryUnitOfWork)()
    async with make_unit() as unit:
        await unit.repository(Account).create(Account("a"))
        await unit.commit()

    async def add_one(unit: Any) -> None:
        account = (await unit.repository(Account).get_by_id("a")).unwrap()
        await asyncio.sleep(0)  # the others get their turn here
        account.balance += 1

    await asyncio.wait_for(asyncio.gather(*(attempt(make_unit, add_one) for _ in range(5))), timeout=2)
    async with make_unit() as unit:
        balance = (await unit.repository(Account).get_by_id("a")).unwrap().balance
    assert balance == 5


AGAIN = Exercise(
    id="unit_of_work/again",
    title="Once more, from the beginning",
    task="""
        Five tasks add one to the same account, and all but one of the commits are refused. Write `again`:
        run `work(unit)` and commit, until the commit is `Ok`.
    """,
    makes="again",
    given="from infra_ref.result import Ok",
    frame="""
        async def again(make_unit, work):
            ____
    """,
    blank="""
        async with make_unit() as unit:
            await work(unit)
            await unit.commit()
    """,
    solution="""
        while True:
            async with make_unit() as unit:
                await work(unit)
                if isinstance(await unit.commit(), Ok):
                    return
    """,
    wrong=(
        Wrong(
            "the same unit again",
            """
            async with make_unit() as unit:
                while True:
                    await work(unit)
                    if isinstance(await unit.commit(), Ok):
                        return
            """,
            breaks=("AGAIN-01",),
            feedback="""
                A refused unit holds what it read, and that is what was too old. It says `UnitMisused`
                rather than try the same thing twice. Take a fresh unit: it reads again.
            """,
        ),
        Wrong(
            "a Result is taken for a truth",
            """
            while True:
                async with make_unit() as unit:
                    await work(unit)
                    if await unit.commit():
                        return
            """,
            breaks=("AGAIN-01",),
            feedback="`bool()` of a Result raises, for an Err would be true. Ask `isinstance(..., Ok)`.",
        ),
        Wrong(
            "twice is thought to be enough",
            """
            for _ in range(2):
                async with make_unit() as unit:
                    await work(unit)
                    if isinstance(await unit.commit(), Ok):
                        return
            """,
            breaks=("AGAIN-01",),
            feedback="With five at once, one is refused four times. And who gives up must tell its caller.",
        ),
    ),
    hints=(
        "What must be read again, after a refusal? All of it: the decision stood on it.",
        "`async with make_unit() as unit:` goes inside the loop.",
    ),
    notice="`infra_ref.unit_of_work.in_unit` does this with a bound, a wait with jitter, and a Result.",
    checks=(Check("AGAIN-01", "five at once make five", _loses_nothing),),
)


Remembers = Callable[[], Any]


def _remembering(make: Remembers) -> tuple[Any, Account]:
    memory, account = make(), Account("a", owner="ada", balance=3)
    memory.remember(account)
    return memory, account


async def _is_one_object(make: Remembers) -> None:
    memory, account = _remembering(make)
    again = memory.remember(Account("a", owner="eve", balance=9))
    assert again is account
    other = memory.remember(Account("b"))
    assert other.id == "b"


async def _finds_what_changed(make: Remembers) -> None:
    memory, account = _remembering(make)
    memory.remember(Account("b", balance=1))
    account.balance = 4
    assert memory.changed() == [account]
    account.balance = 3
    account.owner = None
    assert memory.changed() == [account]


async def _leaves_what_is_equal(make: Remembers) -> None:
    memory, account = _remembering(make)
    account.balance = 1 + 2
    account.version = 8
    assert memory.changed() == []


async def _keeps_the_first_values(make: Remembers) -> None:
    memory, account = _remembering(make)
    account.balance = 4
    memory.remember(Account("a", owner="ada", balance=4))
    assert memory.changed() == [account]


def state_of(account: Account) -> tuple[Any, ...]:
    """Return the values of the account that are stored, but not its version."""
    return tuple(value for name, value in ACCOUNT.values(account).items() if name != "version")


CHANGED = Exercise(
    id="unit_of_work/changed",
    title="What a unit remembers",
    task="""
        `remember` is called with each account that was loaded, and returns the object to use: for
        each id the first one. `changed` returns a list of those whose values are no longer the
        loaded ones. `state_of(account)` is a tuple of the values that are stored; the
        `version` belongs to the store and is not one of them.
    """,
    makes="Remembered",
    given="from infra_ref.workbench.exercises.unit_of_work import state_of",
    frame="""
        class Remembered:
            def __init__(self):
                self.objects, self.before = {}, {}

            ____
    """,
    blank="""
        def remember(self, account): ...
        def changed(self): ...
    """,
    solution="""
        def remember(self, account):
            if account.id not in self.objects:
                self.objects[account.id] = account
                self.before[account.id] = state_of(account)
            return self.objects[account.id]

        def changed(self):
            found = self.objects.items()
            return [one for key, one in found if state_of(one) != self.before[key]]
    """,
    wrong=(
        Wrong(
            "the last one is kept",
            """
            def remember(self, account):
                self.objects[account.id] = account
                self.before[account.id] = state_of(account)
                return self.objects[account.id]

            def changed(self):
                found = self.objects.items()
                return [one for key, one in found if state_of(one) != self.before[key]]
            """,
            breaks=("CHANGED-01", "CHANGED-04"),
            feedback="""
                Whoever loads the row a second time gets a second object, and the change that was made
                to the first one is forgotten. Look into `self.objects` first.
            """,
        ),
        Wrong(
            "the object is kept, and not its values",
            """
            def remember(self, account):
                if account.id not in self.objects:
                    self.objects[account.id] = account
                    self.before[account.id] = account
                return self.objects[account.id]

            def changed(self):
                return [one for key, one in self.objects.items() if one != self.before[key]]
            """,
            breaks=("CHANGED-02", "CHANGED-04"),
            feedback="`before` is the account itself, so it changes with it. Keep `state_of(account)`.",
        ),
        Wrong(
            "is it the same tuple?",
            """
            def remember(self, account):
                if account.id not in self.objects:
                    self.objects[account.id] = account
                    self.before[account.id] = state_of(account)
                return self.objects[account.id]

            def changed(self):
                found = self.objects.items()
                return [one for key, one in found if state_of(one) is not self.before[key]]
            """,
            breaks=("CHANGED-02", "CHANGED-03"),
            feedback="Each call makes a new tuple. Compare with `!=`, not with `is not`.",
        ),
    ),
    hints=(
        "`remember` has two cases: the id is known, or it is not.",
        "Keep the state as it is when the account comes in: later it cannot be had any more.",
        "`changed` makes each tuple again and compares it with the one that was kept.",
    ),
    notice="Nobody has to call `update`, and 997 of 1,000 loaded rows are not written: they are equal.",
    checks=(
        Check("CHANGED-01", "for one id there is one object, however often it is loaded", _is_one_object),
        Check("CHANGED-02", "an account with another value is found", _finds_what_changed),
        Check(
            "CHANGED-03",
            "equal values, or only another version, are no change",
            _leaves_what_is_equal,
        ),
        Check("CHANGED-04", "loading it again does not forget its first values", _keeps_the_first_values),
    ),
)
