"""The exercises of the notebook on units of work, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from infra_ref.contract import rule
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_mapper import MemoryMapper
from infra_ref.unit_of_work.contracts.unit_of_work_contract import (
    ACCOUNT,
    TRANSFER,
    Account,
    UnitOfWorkContract,
)
from infra_ref.unit_of_work.tracking_unit_of_work import TrackingUnitOfWork
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong


def in_memory(kind: Any) -> Callable[[], Any]:
    """Make what makes units of this kind, on a fresh database in memory."""

    def make() -> Any:
        database, mappers = MemoryDatabase(), [MemoryMapper(ACCOUNT), MemoryMapper(TRANSFER)]
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
    notice="To commit is a decision, so it is a word in the text. Everything else is undone.",
    contract=LeavingContract,
    only=("UOW-01", "UOW-05", "UOW-06", "LEAVE-01"),
    bench=in_memory,
)


class Unfinished(TrackingUnitOfWork):
    """A unit whose leaving is yours to write."""

    @property
    def done(self) -> bool:
        """Whether it was committed, rolled back or refused."""
        return bool(self._ended)

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        """To be written."""
        raise NotImplementedError("write `__aexit__`")


async def _loses_nothing(attempt: Any) -> None:
    make_unit = in_memory(TrackingUnitOfWork)()
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


async def _tells_changes(attempt: Any) -> None:
    account = Account("a", owner="ada", balance=3)
    before = ACCOUNT.state(account)
    assert attempt(account, before) is False
    account.balance = 3
    assert attempt(account, before) is False
    account.balance = 4
    assert attempt(account, before) is True
    account.balance = 3
    account.owner = None
    assert attempt(account, before) is True
    account.owner = "ada"
    account.version = 8
    assert attempt(account, before) is False


CHANGED = Exercise(
    id="unit_of_work/changed",
    title="What has changed",
    task="""
        `before` is `ACCOUNT.state(account)` from when it was loaded: a tuple of its stored
        values. Write whether the account must be written now. Its `version` is the store's
        own and does not count.
    """,
    makes="changed",
    given="from infra_ref.unit_of_work.contracts.unit_of_work_contract import ACCOUNT",
    frame='''
        def changed(account, before) -> bool:
            """Return whether its stored values are others than before."""
            ____
    ''',
    blank="return True",
    solution="return ACCOUNT.state(account) != before",
    wrong=(
        Wrong(
            "is it the same tuple?",
            "return ACCOUNT.state(account) is not before",
            breaks=("CHANGED-01",),
            feedback="Each call makes a new tuple. Ask whether they are equal, not whether they are one.",
        ),
        Wrong(
            "only the balance is looked at",
            "return account.balance != before[-1]",
            breaks=("CHANGED-01",),
            feedback="The next field that someone adds will not be saved, and no test of today notices.",
        ),
    ),
    hints=("Make the same tuple again.", "Compare the two by value."),
    notice="Nobody has to say `update`, and 999 of 1,000 loaded rows are not written because they are equal.",
    checks=(Check("CHANGED-01", "a change is told by value", _tells_changes),),
)
