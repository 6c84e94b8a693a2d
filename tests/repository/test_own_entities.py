"""The contract fits entities of any kind: without versions, with numbers for keys, frozen, of few fields."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table

from infra_ref.contract import run
from infra_ref.repository.contracts.repository_contract import RepositoryContract
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.repository.schema import Schema
from infra_ref.repository.sqlalchemy_repository import SqlAlchemyRepository
from infra_ref.repository.sqlalchemy_types import Moment
from infra_ref.sample.adapters.shop_schemas import USER
from infra_ref.sample.user import User
from tests.repository.databases import sqlite

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    meter: int
    value: int
    at: datetime
    checked: bool = False


READINGS = Table(
    "readings",
    MetaData(),
    Column("meter", BigInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("checked", Boolean, nullable=False),
)


class Readings(RepositoryContract):
    samples = (Reading(7, 1, NOON), Reading(-1, 5, NOON), Reading(12, 9, NOON))
    key = "meter"
    fields: Mapping[type, str] = {int: "value", datetime: "at"}

    def change(self, reading: Reading) -> Reading:
        return replace(reading, checked=True)

    def numbered(self, number: int) -> Reading:
        return Reading(number, 0, NOON)


class TestReadingsOnSqlite(Readings):
    lacks: ClassVar = {
        **dict.fromkeys(("version", "unique", "children"), "a reading has none"),
        **dict.fromkeys(("statements", "unreachable"), "tried with parcels"),
    }

    @asynccontextmanager
    async def make(self) -> AsyncIterator[SqlAlchemyRepository[Reading, int]]:
        schema = Schema(Reading, key="meter", version=None)
        async with sqlite(metadata=READINGS.metadata) as database:
            yield SqlAlchemyRepository(database, schema, READINGS)


class TestUsersInMemory(RepositoryContract):
    samples = (User("b", "b@x.test", "B"), User("a", "a@x.test", "A"), User("c", "c@x.test", "C"))
    version, unique = "version", "email"
    fields: Mapping[type, str] = {str: "name"}
    lacks: ClassVar = {
        **dict.fromkeys(("children", "numbered"), "a user has a name and an address"),
        **dict.fromkeys(("statements", "unreachable"), "memory always answers"),
    }

    def change(self, user: User) -> User:
        return replace(user, name="D")

    def make(self) -> MemoryRepository[User, str]:
        return MemoryRepository(USER)


class OneByOne:
    """A repository without the methods for many."""

    def __init__(self) -> None:
        inner: Any = MemoryRepository(USER)
        for name in ("get_by_id", "get_all", "exists", "create", "update", "delete"):
            setattr(self, name, getattr(inner, name))


class TestUsersOneByOne(TestUsersInMemory):
    lacks: ClassVar = {**TestUsersInMemory.lacks, "many": "users are written one by one"}

    def make(self) -> Any:
        return OneByOne()


def test_what_the_test_does_not_say_is_exempt_with_the_question() -> None:
    bench: Any = type("Bench", (TestReadingsOnSqlite,), {"lacks": {}})
    report = run(bench.verify())
    seen = {verdict.rule.number: verdict.seen for verdict in report.verdicts if verdict.outcome == "exempt"}
    assert seen["REPO-09"].startswith("the test bench has no `version` (the name of the field that counts")
    assert [*seen] == ["REPO-06", "REPO-09", "REPO-11", "REPO-16", "REPO-17", "REPO-20", "REPO-21"]
