"""What repository and unit of work cost, beside the bare driver and beside what others do it with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from infra_ref.contract import run
from infra_ref.repository.query_port import Query, asc
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification_port import where
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.repository.sqlalchemy_types import CODE_POINTS
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyUnitOfWork
from tests.benchmarks.advanced import SQLAlchemyAsyncRepository
from tests.benchmarks.harness import Board, Rival
from tests.repository.databases import engine_in, postgres_in, postgres_url, schema, sqlite

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # advanced-alchemy calls what is deprecated
]

PACKAGES = ("sqlalchemy", "asyncpg", "advanced-alchemy")
ROWS = 10_000


@dataclass(slots=True)
class Note:
    id: str
    title: str
    size: int
    version: int = 0


class Base(DeclarativeBase):
    metadata = MetaData()


class NoteRow(Base):
    __table__ = Table(
        "notes",
        Base.metadata,
        Column("id", CODE_POINTS, primary_key=True),
        Column("title", CODE_POINTS, nullable=False),
        Column("size", BigInteger, nullable=False, index=True),
        Column("version", BigInteger, nullable=False),
    )


class Notes(SQLAlchemyAsyncRepository[Any]):
    model_type = NoteRow


NOTES: Any = NoteRow.__table__
NOTE = Schema(Note)
MANY = [Note(f"{n:05}", f"note {n}", n) for n in range(ROWS)]
RAW = [(note.id, note.title, note.size, 1) for note in MANY]
INSERT = "INSERT INTO notes (id, title, size, version) VALUES ({})"
CHANGE = "UPDATE notes SET title = $2, size = $3, version = version + 1 WHERE id = $1 AND version = $4"
KEYS = [f"{n:05}" for n in range(0, ROWS, 97)]


def on(database: Any) -> SqlAlchemyQueryableRepository[Note, str]:
    return SqlAlchemyQueryableRepository(database, NOTE, NOTES)


class Turn:
    """Gives one key after the other."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self) -> str:
        self.n += 1
        return KEYS[self.n % len(KEYS)]


@dataclass
class Postgres:
    database: Any
    engine: AsyncEngine
    pool: asyncpg.Pool

    @property
    def notes(self) -> SqlAlchemyQueryableRepository[Note, str]:
        return on(self.database)

    async def empty(self) -> None:
        await self.pool.execute("TRUNCATE notes")


async def no_reset(_: Any) -> None:
    """asyncpg's pool resets a connection on its return unless it is told what to do instead."""


@asynccontextmanager
async def opened() -> AsyncGenerator[Postgres]:
    url = make_url(postgres_url("asyncpg")).set(drivername="postgresql")
    async with schema("asyncpg", Base.metadata) as name, postgres_in(name, "asyncpg") as database:
        engine = engine_in(name, "asyncpg")
        settings = {"search_path": name}
        async with asyncpg.create_pool(
            url.render_as_string(hide_password=False),
            min_size=5,
            max_size=5,
            reset=no_reset,
            server_settings=settings,
        ) as pool:
            await pool.copy_records_to_table("notes", records=RAW)
            await pool.execute("ANALYZE notes")
            try:
                yield Postgres(database, engine, pool)
            finally:
                await engine.dispose()


@pytest.mark.xfail(
    strict=False,
    reason="1.5 to 2.1 ×, as the machine wakes: SQLAlchemy's checkout, execution and return are 0.15 ms",
)
def test_get_on_postgresql(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            notes, key = pg.notes, Turn()
            sessions = async_sessionmaker(pg.engine)

            async def ours() -> Any:
                return await notes.get_by_id(key())

            async def raw() -> Any:
                row = await pg.pool.fetchrow(
                    "SELECT id, title, size, version FROM notes WHERE id = $1", key()
                )
                return Note(*row)

            async def session() -> Any:
                async with sessions() as open_session:
                    return await open_session.get(NoteRow, key())

            async def advanced() -> Any:
                async with sessions() as open_session:
                    return await Notes(session=open_session).get(key())

            await board.compare(
                "PostgreSQL: get",
                ours,
                Rival("asyncpg pool, no reset", raw, at_most=1.6),
                Rival("AsyncSession", session),
                Rival("advanced-alchemy", advanced, at_most=0.4),
                seconds=5,
            )

    run(main())


@pytest.mark.xfail(
    strict=False,
    reason="2.9 × a hop today: SQLAlchemy's execution alone is half a hop, SQLite's own a tenth",
)
def test_get_on_sqlite(board: Board, tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "notes.db"
        async with sqlite(path, Base.metadata) as database:
            notes = on(database)
            (await notes.create_many(MANY)).unwrap()
            key, engine = Turn(), create_async_engine(f"sqlite+aiosqlite:///{path}")
            sessions, thread = async_sessionmaker(engine), ThreadPoolExecutor(1)

            async def ours() -> Any:
                return await notes.get_by_id(key())

            async def hop() -> Any:
                return await asyncio.get_running_loop().run_in_executor(thread, key)

            async def advanced() -> Any:
                async with sessions() as session:
                    return await Notes(session=session).get(key())

            try:
                await board.compare(
                    "SQLite: get",
                    ours,
                    Rival("a bare thread hop", hop, at_most=2.5),
                    Rival("advanced-alchemy", advanced, at_most=0.2),
                    seconds=5,
                )
            finally:
                await engine.dispose()
                thread.shutdown()

    run(main())


@pytest.mark.xfail(
    strict=False, reason="1.5 × today: each value is checked, and each entity comes back as a copy"
)
def test_create_ten_thousand_on_sqlite(board: Board, tmp_path: Path) -> None:
    async def main() -> None:
        async with sqlite(tmp_path / "notes.db", Base.metadata) as database:
            notes = on(database)

            async def empty() -> None:
                await database.write(
                    "empty", lambda connection: connection.exec_driver_sql("DELETE FROM notes")
                )

            async def ours() -> Any:
                (await notes.create_many(MANY)).unwrap()

            async def raw() -> None:
                def work(connection: Any) -> None:
                    connection.begin()
                    connection.connection.executemany(INSERT.format("?, ?, ?, ?"), RAW)

                await database.write("raw", work)

            await board.compare(
                "SQLite: create 10k", ours, Rival("executemany", raw, at_most=1.3), before=empty, seconds=4
            )

    run(main())


@pytest.mark.xfail(
    strict=False,
    reason="2.3 × COPY today: COPY goes past SQLAlchemy's errors and types, so rows come as arrays",
)
def test_create_ten_thousand_on_postgresql(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:

            async def ours() -> None:
                (await pg.notes.create_many(MANY)).unwrap()

            async def copy() -> None:
                await pg.pool.copy_records_to_table("notes", records=RAW)

            async def raw() -> None:
                await pg.pool.executemany(INSERT.format("$1, $2, $3, $4"), RAW)

            await board.compare(
                "PostgreSQL: create 10k",
                ours,
                Rival("COPY", copy, at_most=1.2),
                Rival("executemany", raw, at_most=1.0),
                before=pg.empty,
                seconds=6,
            )

    run(main())


@pytest.mark.xfail(
    strict=False,
    reason="1.6 to 1.8 × today, in as many round trips: SQLAlchemy's connections and contexts",
)
def test_a_unit_on_postgresql(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            mappers, key, count = [on(pg.database)], Turn(), Turn()
            read = "SELECT id, title, size, version FROM notes WHERE id = $1"

            async def ours() -> None:
                async with SqlAlchemyUnitOfWork(pg.database, mappers) as unit:
                    notes = unit.repository(Note)
                    note = (await notes.get_by_id(key())).unwrap()
                    assert note is not None
                    note.title += "."
                    count.n += 1
                    await notes.create(Note(f"outbox {count.n}", "changed", -1))
                    (await unit.commit()).unwrap()

            async def raw() -> None:
                async with pg.pool.acquire() as connection, connection.transaction():
                    note = Note(*(await connection.fetchrow(read, key())))
                    await connection.execute(CHANGE, note.id, note.title + ".", note.size, note.version)
                    count.n += 1
                    await connection.execute(INSERT.format("$1, $2, $3, $4"), f"o{count.n}", "changed", -1, 1)

            await board.compare(
                "PostgreSQL: unit: load, change, outbox, commit",
                ours,
                Rival("the same in asyncpg", raw, at_most=1.4),
                seconds=5,
            )

    run(main())


@pytest.mark.xfail(strict=False, reason="1.6 to 1.7 × today: each entity is tracked by an object of its own")
def test_load_ten_thousand_and_change_a_thousand(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            mappers, turn = [on(pg.database)], Turn()

            async def ours() -> None:
                turn.n += 1
                async with SqlAlchemyUnitOfWork(pg.database, mappers) as unit:
                    for n, note in enumerate((await unit.repository(Note).get_all()).unwrap()):
                        if n % 10 == 0:
                            note.title = f"changed {turn.n}"
                    (await unit.commit()).unwrap()

            async def raw() -> None:
                turn.n += 1
                async with pg.pool.acquire() as connection, connection.transaction():
                    rows = await connection.fetch("SELECT id, title, size, version FROM notes ORDER BY id")
                    notes = [Note(*row) for row in rows]
                    before = [(note.title, note.size) for note in notes]
                    for n, note in enumerate(notes):
                        if n % 10 == 0:
                            note.title = f"changed {turn.n}"
                    dirty = [n for n, old in zip(notes, before, strict=True) if (n.title, n.size) != old]
                    await connection.executemany(CHANGE, [(n.id, n.title, n.size, n.version) for n in dirty])

            await board.compare(
                "PostgreSQL: load 10k, change 1k",
                ours,
                Rival("the same in asyncpg", raw, at_most=1.6),
                seconds=8,
            )

    run(main())


@pytest.mark.xfail(
    strict=False,
    reason="1.9 × today: SQLAlchemy checks a connection out and in, and makes a Row of each row",
)
def test_find_on_postgresql(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            notes, wanted = pg.notes, (where("size") >= 500) & (where("size") < 600)
            found = "SELECT id, title, size, version FROM notes WHERE size >= $1 AND size < $2 ORDER BY id"

            async def ours() -> Any:
                return await notes.find_by_specification(wanted)

            async def raw() -> Any:
                return [Note(*row) for row in await pg.pool.fetch(found, 500, 600)]

            await board.compare(
                "PostgreSQL: find 100 rows", ours, Rival("asyncpg pool", raw, at_most=1.4), seconds=4
            )

    run(main())


def test_windows_on_postgresql(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            notes, pages = pg.notes, Query(order=(asc("size"),), limit=50)
            cursor: str | None = None
            for _ in range(150):
                cursor = (await notes.query_window(pages, after=cursor)).unwrap().next_cursor

            async def deep() -> Any:
                return await notes.query_window(pages, after=cursor)

            async def first() -> Any:
                return await notes.query_window(pages)

            await board.compare(
                "PostgreSQL: window 151", deep, Rival("window 1", first, at_most=1.3), seconds=4
            )

    run(main())
