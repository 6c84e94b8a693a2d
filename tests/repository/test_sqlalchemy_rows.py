"""What a table, its columns and its constraints do to the rows of a repository."""

from __future__ import annotations

import asyncio
import math
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.types import TypeDecorator

from infra_ref.contract import run
from infra_ref.repository import sqlalchemy_repository
from infra_ref.repository.contracts.parcels import PARCEL, Item, Parcel
from infra_ref.repository.errors import Conflict, Duplicate, Missing
from infra_ref.repository.schema import Schema
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.repository.sqlalchemy_types import CODE_POINTS
from infra_ref.result import Err, Ok
from tests.repository.databases import ITEMS, PARCELS, Counter, engine_in, postgres, schema, sqlite

DATABASES = pytest.mark.parametrize("driver", ["sqlite", "asyncpg", "psycopg"])


def opened(
    driver: str, metadata: MetaData, counter: Counter | None = None
) -> AbstractAsyncContextManager[Any]:
    return sqlite(None, metadata, counter) if driver == "sqlite" else postgres(driver, metadata, counter)


class Shouted(TypeDecorator[str]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else value.upper()


class Short(TypeDecorator[str]):
    impl = String(5)
    cache_ok = True


@dataclass
class Memo:
    id: str
    title: str
    version: int = 0


MEMO = Schema(Memo)


def memos(title: Any, *more: Any) -> Table:
    return Table(
        "memos",
        MetaData(),
        Column("id", Text, primary_key=True),
        Column("title", title, nullable=False),
        Column("version", BigInteger, nullable=False),
        *more,
    )


CONVERTED = memos(Shouted)
FILLED = memos(
    Text,
    Column("by", Text, default=lambda: "made", onupdate=lambda: "changed"),
    Column("length", BigInteger, default=func.length("abc")),
)


def on(database: Any, table: Table) -> SqlAlchemyQueryableRepository[Memo, str]:
    return SqlAlchemyQueryableRepository(database, MEMO, table)


@DATABASES
def test_the_types_of_columns_convert(driver: str) -> None:
    async def main() -> None:
        async with opened(driver, CONVERTED.metadata) as database:
            memos = on(database, CONVERTED)
            made = (await memos.create_many([Memo("a", "x"), Memo("b", "y")])).unwrap()
            await memos.update(replace(made[1], title="z"))
            assert await memos.get_all() == Ok([Memo("a", "X", 1), Memo("b", "Z", 2)])

    run(main())


@DATABASES
def test_defaults_of_further_columns_are_filled_in(driver: str) -> None:
    async def main() -> None:
        async with opened(driver, FILLED.metadata) as database:
            memos = on(database, FILLED)
            made = (await memos.create_many([Memo("a", "x"), Memo("b", "y")])).unwrap()
            await memos.update(made[1])
            query = select(FILLED.c.by, FILLED.c.length).order_by(FILLED.c.id)
            rows = await database.read("look", lambda connection: connection.execute(query).all())
            assert rows == [("made", 3), ("changed", 3)]

    run(main())


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_translated_schema_is_kept_to(driver: str) -> None:
    async def main() -> None:
        metadata = CONVERTED.metadata
        async with schema(driver, metadata) as here, schema(driver, metadata) as there:
            engine = engine_in(here, driver)
            moved = engine.execution_options(schema_translate_map={None: there})
            (await on(SqlAlchemyDatabase(moved), CONVERTED).create(Memo("a", "x"))).unwrap()
            assert await on(SqlAlchemyDatabase(engine), CONVERTED).get_all() == Ok([])
            assert await on(SqlAlchemyDatabase(moved), CONVERTED).get_all() == Ok([Memo("a", "X", 1)])
            await engine.dispose()

    run(main())


@DATABASES
def test_a_write_of_one_row_is_one_statement(driver: str) -> None:
    async def main() -> None:
        async with opened(driver, CONVERTED.metadata, counter := Counter()) as database:
            memos = on(database, CONVERTED)
            counter.sent.clear()
            made = (await memos.create(Memo("a", "x"))).unwrap()
            await memos.update(made)
            await memos.delete("a", version=2)
            written = [one.split()[0] for one in counter.sent if one != "BEGIN IMMEDIATE"]
            assert written == ["INSERT", "UPDATE", "DELETE"]

    run(main())


@DATABASES
@pytest.mark.parametrize("many", [3, 40])
def test_a_row_may_take_the_unique_value_that_one_before_it_gives_up(driver: str, many: int) -> None:
    async def main() -> None:
        async with opened(driver, PARCELS.metadata) as database:
            parcels: Any = SqlAlchemyQueryableRepository(database, PARCEL, PARCELS, ITEMS)
            rows = [Parcel(f"{n:02}", label=f"{n:02}") for n in range(many)]
            made = (await parcels.create_many(rows)).unwrap()
            moved = [replace(parcel, label=f"{n + 1:02}") for n, parcel in enumerate(made)]
            assert await parcels.update_many(moved) == Err(Duplicate("00", "label"))
            assert isinstance(await parcels.update_many(reversed(moved)), Ok)

    run(main())


@DATABASES
def test_what_only_the_table_says_is_unique_is_told_by_its_fields(driver: str) -> None:
    @dataclass
    class Book:
        id: str
        title: str
        shelf: str = ""
        place: int = 0
        isbn: str = ""

    books = Table(
        "books",
        MetaData(),
        Column("id", Text, primary_key=True),
        Column("title", Text, unique=True),
        Column("shelf", Text),
        Column("place", Integer),
        Column("isbn", Text),
        UniqueConstraint("shelf", "place", name="one_a_place"),
        Index("one_an_isbn", "isbn", unique=True),
    )

    async def main() -> None:
        async with opened(driver, books.metadata) as database:
            stored: Any = SqlAlchemyQueryableRepository(database, Schema(Book, version=None), books)
            (await stored.create(Book("a", "Emma", "x", 1, "i"))).unwrap()
            new = Book("b", "Ivanhoe", "y", 2, "j")
            other = Book("c", "Dubliners", "z", 3, "k")
            for refused, field in (
                (replace(new, id="a"), "id"),
                (replace(new, title="Emma"), "title"),
                (replace(new, shelf="x", place=1), "shelf, place"),
                (replace(new, isbn="i"), "isbn"),
            ):
                assert await stored.create(refused) == Err(Duplicate(refused.id, field))
                assert await stored.create_many([other, refused]) == Err(Duplicate(refused.id, field))
            assert await stored.get_all() == Ok([Book("a", "Emma", "x", 1, "i")])

    run(main())


@DATABASES
def test_an_entity_without_versions_is_written_all_the_same(driver: str) -> None:
    @dataclass
    class Label:
        id: str
        text: str

    labels = Table(
        "labels", MetaData(), Column("id", Text, primary_key=True), Column("text", Text, nullable=False)
    )

    async def main() -> None:
        async with opened(driver, labels.metadata) as database:
            stored: Any = SqlAlchemyQueryableRepository(database, Schema(Label, version=None), labels)
            (await stored.create_many([Label("a", "x"), Label("b", "x"), Label("c", "x")])).unwrap()
            assert await stored.update(Label("a", "y")) == Ok(Label("a", "y"))
            assert await stored.update(Label("z", "y")) == Err(Missing("z"))
            (await stored.update_many([Label("b", "y"), Label("c", "z")])).unwrap()
            assert await stored.delete("a", version=7) == Ok(None)
            assert await stored.delete("a") == Err(Missing("a"))
            assert await stored.delete_many({"b": None}) == Ok(1)
            assert await stored.get_all() == Ok([Label("c", "z")])

    run(main())


@DATABASES
def test_the_one_that_is_refused_is_found_behind_some_that_give_and_take(driver: str) -> None:
    async def main() -> None:
        async with opened(driver, PARCELS.metadata) as database:
            parcels: Any = SqlAlchemyQueryableRepository(database, PARCEL, PARCELS, ITEMS)
            stored = [Parcel(key, label=label) for key, label in zip("abcd", "wxyz", strict=True)]
            a, b, c, _ = (await parcels.create_many(stored)).unwrap()
            a.label, b.label, c.label = "free", "w", "z"
            assert await parcels.update_many([a, b, c]) == Err(Duplicate("c", "label"))

    run(main())


@pytest.mark.timeout(30)  # compared each with each, it would take minutes
def test_the_one_that_is_refused_is_found_among_very_many() -> None:
    async def main() -> None:
        async with sqlite() as database:
            parcels: Any = SqlAlchemyQueryableRepository(database, PARCEL, PARCELS, ITEMS)
            many = [Parcel(f"{n:05}", label=f"{n}") for n in range(30_000)]
            refused = await parcels.create_many([*many, Parcel("last", label="29999")])
            assert refused == Err(Duplicate("last", "label"))

    run(main())


@DATABASES
def test_many_rows_are_written_in_a_few_statements(driver: str) -> None:
    async def main() -> None:
        async with opened(driver, CONVERTED.metadata, counter := Counter()) as database:
            memos = on(database, CONVERTED)
            made = (await memos.create_many(Memo(f"{n:03}", "x") for n in range(100))).unwrap()
            made = (await memos.update_many(replace(one, title="y") for one in made)).unwrap()
            found = (await memos.get_all()).unwrap()
            assert [(one.title, one.version) for one in found] == [("Y", 2)] * 100
            assert await memos.delete_many({one.id: 2 for one in made}) == Ok(100)
            assert len(counter.sent) <= 20

    run(main())


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize("title", [String(5), Text().with_variant(String(5), "postgresql"), Short()])
def test_a_text_that_is_too_long_for_its_column_is_never_cut(driver: str, title: Any) -> None:
    async def main() -> None:
        table = memos(title)
        async with opened(driver, table.metadata) as database:
            many = [Memo(f"{n:02}", "short") for n in range(40)]
            made = (await on(database, table).create_many(many)).unwrap()
            longer = [replace(one, title="longer") for one in made]
            assert isinstance(await on(database, table).update_many(longer), Err)
            assert isinstance(await on(database, table).create_many([Memo("a", "longer")] * 40), Err)
            assert await on(database, table).get_all() == Ok(made)

    run(main())


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_text_in_the_order_of_code_points_is_written_as_well(driver: str) -> None:
    async def main() -> None:
        table = memos(CODE_POINTS)
        async with opened(driver, table.metadata) as database:
            made = (await on(database, table).create_many(Memo(f"{n:02}", "é") for n in range(40))).unwrap()
            made = (await on(database, table).update_many(made)).unwrap()
            assert await on(database, table).get_all() == Ok(made)

    run(main())


@DATABASES
def test_many_rows_keep_the_extremes_of_each_kind(driver: str) -> None:
    async def main() -> None:
        async with opened(driver, PARCELS.metadata) as database:
            parcels: Any = SqlAlchemyQueryableRepository(database, PARCEL, PARCELS, ITEMS)
            odd: list[dict[str, Any]] = [
                {"owner": '"\\%_\t\n{},NULL é😀\U0010ffff', "note": ""},
                {"weight": 2**63 - 1, "price": -0.1, "sent_at": datetime.max.replace(tzinfo=UTC)},
                {"weight": -(2**63), "price": math.inf, "sent_at": datetime.min.replace(tzinfo=UTC)},
                {"note": "NULL", "items": [Item("{}", 1), Item(",", 2)]},
            ]
            rows = [Parcel(f"{n:02}", **odd[n % 4]) for n in range(40)]
            made = (await parcels.create_many(rows)).unwrap()
            assert await parcels.get_all() == Ok(made) == Ok([replace(one, version=1) for one in rows])
            made = (await parcels.update_many(replace(one, fragile=True) for one in made)).unwrap()
            assert await parcels.get_all() == Ok(made)

    run(main())


@DATABASES
@pytest.mark.parametrize("many", [3, 40])
def test_defaults_that_are_sql_are_filled_in(driver: str, many: int) -> None:
    async def main() -> None:
        now = func.current_timestamp()
        table = memos(Text, Column("born", Text, default=now), Column("changed", Text, onupdate=now))
        async with opened(driver, table.metadata) as database:
            made = (await on(database, table).create_many(Memo(f"{n:02}", "x") for n in range(many))).unwrap()
            (await on(database, table).update_many(made)).unwrap()
            filled = select(func.count(table.c.born), func.count(table.c.changed))
            rows = await database.read("look", lambda connection: connection.execute(filled).all())
            assert rows == [(many, many)]

    run(main())


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_two_that_update_the_same_rows_in_opposite_order_do_not_deadlock(
    driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlalchemy_repository, "BATCH", 10)  # so that they lock in many steps

    async def main() -> None:
        async with opened(driver, CONVERTED.metadata) as database:
            rows = on(database, CONVERTED)
            made = (await rows.create_many(Memo(f"{n:03}", "x") for n in range(400))).unwrap()
            for _ in range(5):
                both = await asyncio.gather(rows.update_many(made), rows.update_many(made[::-1]))
                (won,) = [one.value for one in both if isinstance(one, Ok)]
                (lost,) = [one.error for one in both if isinstance(one, Err)]
                assert isinstance(lost, Conflict)
                assert lost.key is not None  # a deadlock's loser is told no row
                made = sorted(won, key=lambda memo: memo.id)

    run(main())
