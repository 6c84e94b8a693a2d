"""The read side of the shop keeps its contract on every backend, and each rule has one that breaks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from infra_ref.contract import run
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_sqlite_database import SqliteDatabase
from infra_ref.result import Ok
from infra_ref.sample.adapters.memory_order_overview import MemoryOrderOverview
from infra_ref.sample.adapters.sqlalchemy_order_overview import SqlAlchemyOrderOverview
from infra_ref.sample.contracts.order_overview_contract import OrderOverviewContract
from infra_ref.sample.port import MOST_ORDERS, OrdersOf
from infra_ref.sample.use_cases import MakeShopUnit
from tests.repository.databases import Counter
from tests.sample.shops import DATABASES, units


class Bench(OrderOverviewContract):
    backend: ClassVar[str]
    kind: type[Any] = SqlAlchemyOrderOverview

    @cached_property
    def statements(self) -> Counter:
        return Counter()

    def make_unit(self) -> Any:
        return self.units()

    @asynccontextmanager
    async def make(self) -> AsyncIterator[Any]:
        async with DATABASES[self.backend]() as database:
            self.units: MakeShopUnit = units(database)
            if self.backend != "memory":
                self.statements.watch(database)
            yield self.kind(database)


class Memory(Bench):
    backend = "memory"
    kind = MemoryOrderOverview
    lacks: ClassVar[Mapping[str, str]] = {
        "statements": "memory is sent no statements",
        "unreachable": "memory always answers",
    }


class Sqlite(Bench):
    backend = "sqlite"
    lacks: ClassVar[Mapping[str, str]] = {
        "concurrency": "in memory there is one connection: while a unit holds it, the others wait"
    }

    @property
    def unreachable(self) -> Any:
        return self.kind(SqliteDatabase("/no/such/folder/shop.db"))


class SqliteFile(Sqlite):
    backend = "sqlite file"
    lacks: ClassVar[Mapping[str, str]] = {}


class Asyncpg(Bench):
    backend = "asyncpg"

    @property
    def unreachable(self) -> Any:
        url = f"postgresql+{self.backend}://nobody@127.0.0.1:1/none"
        return self.kind(SqlAlchemyDatabase(create_async_engine(url)))


class Psycopg(Asyncpg):
    backend = "psycopg"


class TestMemoryOverview(Memory): ...


class TestSqliteOverview(Sqlite): ...


class TestSqliteFileOverview(SqliteFile): ...


class TestAsyncpgOverview(Asyncpg): ...


class TestPsycopgOverview(Psycopg): ...


@pytest.mark.parametrize("limit", [0, -1, MOST_ORDERS + 1])
def test_a_question_for_no_rows_or_for_all_of_them_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit is 1 to {MOST_ORDERS}; got {limit}"):
        OrdersOf("u1", limit)


@pytest.mark.parametrize("question", [{"user_id": 1}, {"user_id": None}, {"limit": "5"}, {"limit": True}])
def test_a_question_of_the_wrong_type_is_refused(question: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"give (a str|an int)"):
        OrdersOf(**{"user_id": "u1"} | question)


# One that breaks each rule

BROKEN: dict[str, type[OrderOverviewContract]] = {}


def breaks(number: str, bench: type[Bench] = Memory) -> Callable[[type], type]:
    def wrap(kind: type) -> type:
        assert number not in BROKEN
        BROKEN[number] = type(kind.__name__, (bench,), {"kind": kind})
        return kind

    return wrap


class Changed(MemoryOrderOverview):
    """Answers, and then changes the answer."""

    async def execute(self, query: OrdersOf) -> Any:
        whole = (await super().execute(replace(query, limit=MOST_ORDERS))).unwrap()
        return Ok(self.otherwise(whole, query)[: query.limit])

    def otherwise(self, lines: list[Any], query: OrdersOf) -> list[Any]:
        raise NotImplementedError


@breaks("OVERVIEW-01")
class SortsTiesAsADictionaryDoes(Changed):
    def otherwise(self, lines: list[Any], query: OrdersOf) -> list[Any]:
        ties = [line.order_id for line in lines] == ["c", "d", "B", "a", "b"]
        return [lines[n] for n in (0, 1, 3, 4, 2)] if ties else lines


@breaks("OVERVIEW-02")
class ShowsOneMore(Changed):
    def otherwise(self, lines: list[Any], query: OrdersOf) -> list[Any]:
        return lines[1:] if len(lines) > query.limit else lines


@breaks("OVERVIEW-03")
class TakesTotalsForFloats(Changed):
    def otherwise(self, lines: list[Any], query: OrdersOf) -> list[Any]:
        return [replace(line, total_cents=round(line.total_cents / 1e6) * 10**6 or 0) for line in lines]


@breaks("OVERVIEW-04")
class JoinsInside(Changed):
    def otherwise(self, lines: list[Any], query: OrdersOf) -> list[Any]:
        return [line for line in lines if line.lines]


@breaks("OVERVIEW-05")
class ShowsEverybodys(MemoryOrderOverview):
    async def execute(self, query: OrdersOf) -> Any:
        mine = (await super().execute(query)).unwrap()
        theirs = (await super().execute(replace(query, user_id="u2"))).unwrap()
        return Ok([*mine, *theirs][: query.limit])


@breaks("OVERVIEW-06")
class RemembersItsAnswer(MemoryOrderOverview):
    async def execute(self, query: OrdersOf) -> Any:
        answers: dict[OrdersOf, Any] = self.__dict__.setdefault("answers", {})
        if query not in answers:
            answers[query] = await super().execute(query)
        return answers[query]


@breaks("OVERVIEW-07", SqliteFile)
class AsksForEachOrder(SqlAlchemyOrderOverview):
    async def execute(self, query: OrdersOf) -> Any:
        answer = await super().execute(query)
        for _ in answer.unwrap_or([]):
            await super().execute(query)
        return answer


class Raises(MemoryDatabase):
    async def read(self, doing: str, work: Any) -> Any:
        raise OSError("SELECT id FROM orders WHERE user_id = 'secret'")


class Away(Memory):
    lacks: ClassVar[Mapping[str, str]] = {"statements": "memory is sent no statements"}

    @property
    def unreachable(self) -> Any:
        return self.kind(Raises())


breaks("OVERVIEW-08", Away)(MemoryOrderOverview)


@pytest.mark.parametrize("number", sorted(BROKEN))
def test_a_broken_overview_breaks_its_rule_and_no_other(number: str) -> None:
    report = run(BROKEN[number].verify())
    assert report.broken == (number,), report


def test_every_rule_has_a_broken_overview() -> None:
    assert [rule.number for rule in OrderOverviewContract.rules()] == sorted(BROKEN)
