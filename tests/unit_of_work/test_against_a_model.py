"""Random histories of units and repositories end as a model of a few lines says, step by step."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_mapper import MemoryMapper
from infra_ref.repository.port import where
from infra_ref.repository.stored_repository import StoredRepository
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contract import ACCOUNT, Account
from infra_ref.unit_of_work.tracking_unit_of_work import TrackingUnitOfWork
from tests.repository.databases import postgres, postgres_url, sqlite
from tests.unit_of_work.benches import ACCOUNTS, METADATA, mappers

KEYS = st.sampled_from("abc")
UNITS = st.sampled_from([0, 1, 2])
BALANCES = st.integers(-2, 2)


class Actor:
    """A task of its own for a unit, since a unit belongs to one task."""

    def __init__(self, unit: Any) -> None:
        self.unit = unit
        self.asked: asyncio.Queue[Any] = asyncio.Queue()
        self.task = asyncio.ensure_future(self.live())

    async def live(self) -> None:
        async with self.unit:
            while (asked := await self.asked.get()) is not None:
                work, answer = asked
                answer.set_result(await work(self.unit))

    async def do(self, work: Callable[[Any], Any]) -> Any:
        answer = asyncio.get_running_loop().create_future()
        self.asked.put_nowait((work, answer))
        return await answer

    async def end(self) -> None:
        self.asked.put_nowait(None)
        await self.task


class View:
    """A unit in the model: by key, the version it read and the balance it gives, None if removed."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.balances: dict[str, int | None] = {}
        self.first: dict[str, int | None] = {}


class History(RuleBasedStateMachine):
    backend: ClassVar[str] = "memory"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.rows: dict[str, tuple[int, int]] = {}  # the model: balance and version by key
        self.actors: dict[int, Actor] = {}
        self.views: dict[int, View] = {}

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        async def opened() -> Any:
            if self.backend == "memory":
                return MemoryDatabase()
            if self.backend == "sqlite file":
                folder = self.stack.enter_context(tempfile.TemporaryDirectory())
                return await self.stack.enter_async_context(sqlite(Path(folder) / "x.db", METADATA))
            return await self.stack.enter_async_context(postgres(self.backend, METADATA))

        self.database = self.run(opened())
        self.mappers: list[Any] = [MemoryMapper(ACCOUNT)] if self.backend == "memory" else mappers()
        self.accounts: Any = StoredRepository(self.database, self.mappers[0])

    @rule(n=UNITS)
    def begin(self, n: int) -> None:
        async def start() -> Actor:
            return Actor(TrackingUnitOfWork(self.database, self.mappers))

        if n not in self.actors:
            self.actors[n], self.views[n] = self.run(start()), View()

    @precondition(lambda self: self.actors)
    @rule(n=UNITS, key=KEYS)
    def get(self, n: int, key: str) -> None:
        if n in self.actors:
            got = self.run(self.actors[n].do(lambda unit: unit.repository(Account).get_by_id(key)))
            self.look(n, key)
            balance = self.views[n].balances.get(key)
            assert (got.unwrap().balance if got.unwrap() else None) == balance

    @precondition(lambda self: self.actors)
    @rule(n=UNITS, key=KEYS, balance=BALANCES)
    def change(self, n: int, key: str, balance: int) -> None:
        async def work(unit: Any) -> None:
            if (account := (await unit.repository(Account).get_by_id(key)).unwrap()) is not None:
                account.balance = balance

        if n in self.actors:
            self.run(self.actors[n].do(work))
            self.look(n, key)
            if self.views[n].balances.get(key) is not None:
                self.views[n].balances[key] = balance

    @precondition(lambda self: self.actors)
    @rule(n=UNITS, key=KEYS)
    def remove(self, n: int, key: str) -> None:
        if n in self.actors:
            removed = self.run(self.actors[n].do(lambda unit: unit.repository(Account).delete(key)))
            self.look(n, key)
            assert isinstance(removed, Ok) is (self.views[n].balances.get(key) is not None)
            if isinstance(removed, Ok):
                self.views[n].balances[key] = None

    @precondition(lambda self: self.actors)
    @rule(n=UNITS)
    def commit(self, n: int) -> None:
        if n not in self.actors:
            return
        actor, view = self.actors.pop(n), self.views.pop(n)
        changed = {key: balance for key, balance in view.balances.items() if balance != view.first[key]}
        fits = all(self.rows.get(key, (0, -1))[1] == view.versions[key] for key in changed)
        done = self.run(actor.do(lambda unit: unit.commit()))
        self.run(actor.end())
        assert isinstance(done, Ok if fits else Err), (done, changed, self.rows)
        if fits:
            for key, balance in changed.items():
                if balance is None:
                    del self.rows[key]
                else:
                    self.rows[key] = (balance, view.versions[key] + 1)

    @precondition(lambda self: self.actors)
    @rule(n=UNITS, crash=st.booleans())
    def leave(self, n: int, crash: bool) -> None:
        """End without a commit: by the end of the block, or by a cancellation in the middle."""

        async def leaving(actor: Actor) -> None:
            if crash:
                actor.task.cancel()
                await asyncio.wait({actor.task})
            else:
                await actor.end()

        if n in self.actors:
            del self.views[n]
            self.run(leaving(self.actors.pop(n)))

    @rule(key=KEYS, balance=BALANCES)
    def create(self, key: str, balance: int) -> None:
        created = self.run(self.accounts.create(Account(key, balance=balance)))
        assert isinstance(created, Err if key in self.rows else Ok)
        self.rows.setdefault(key, (balance, 1))

    @rule(key=KEYS, balance=BALANCES, version=st.integers(0, 3))
    def update(self, key: str, balance: int, version: int) -> None:
        updated = self.run(self.accounts.update(Account(key, balance=balance, version=version)))
        fits = key in self.rows and self.rows[key][1] == version
        assert isinstance(updated, Ok if fits else Err)
        if fits:
            self.rows[key] = (balance, version + 1)

    @rule(balance=BALANCES)
    def find(self, balance: int) -> None:
        found = self.run(self.accounts.find_by_specification(where("balance") >= balance)).unwrap()
        assert [one.id for one in found] == sorted(key for key, row in self.rows.items() if row[0] >= balance)

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        if hasattr(self, "accounts"):
            stored = self.run(self.accounts.get_all()).unwrap()
            assert {one.id: (one.balance, one.version) for one in stored} == self.rows

    def look(self, n: int, key: str) -> None:
        """Let the model of the unit read the row once; one that is not there is asked for again."""
        view = self.views[n]
        if key not in view.versions and key in self.rows:
            balance, version = self.rows[key]
            view.versions[key], view.balances[key], view.first[key] = version, balance, balance

    def teardown(self) -> None:
        async def end() -> None:
            for actor in self.actors.values():
                await actor.end()
            await self.stack.aclose()

        self.run(end())
        self.loop.close()


QUIET: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


def tell(backend: str, examples: int) -> None:
    if backend in ("asyncpg", "psycopg"):
        postgres_url(backend)
    machine = type(f"History on {backend}", (History,), {"backend": backend})
    case = machine.TestCase
    case.settings = settings(max_examples=examples, stateful_step_count=25, **QUIET)
    case("runTest").runTest()


@pytest.mark.parametrize(("backend", "examples"), [("memory", 60), ("sqlite file", 12), ("asyncpg", 8)])
def test_every_history_ends_as_the_model_says(backend: str, examples: int) -> None:
    tell(backend, examples)


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("backend", ["memory", "sqlite file", "asyncpg", "psycopg"])
def test_so_do_many_more(backend: str) -> None:
    tell(backend, 1_500 if backend == "memory" else 150)


def test_the_table_is_the_one_of_the_contract() -> None:
    assert set(ACCOUNT.fields) == set(ACCOUNTS.c.keys())
