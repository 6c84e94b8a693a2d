"""What repository and unit of work cost, beside the bare driver and beside what others do it with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, make_url, select
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


def change_some(notes: Iterable[Any], turn: int) -> None:
    for note in islice(notes, 0, None, 10):
        note.title = f"changed {turn}"


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


OURS_IS_NOT_SLOWER, TWICE, FOUR_TIMES = 1.0, 0.5, 0.25


def rows() -> list[Any]:
    return [NoteRow(id=note.id, title=note.title, size=note.size, version=1) for note in MANY]


def many_by(sessions: Any) -> tuple[Rival, Rival]:
    """Ten thousand creates as SQLAlchemy's sessions do them, and as advanced-alchemy does."""

    async def session() -> None:
        async with sessions() as open_session:
            open_session.add_all(rows())
            await open_session.commit()

    async def advanced() -> None:
        async with sessions() as open_session:
            await Notes(session=open_session).add_many(rows(), auto_commit=True)

    return (
        Rival("AsyncSession", session, at_most=OURS_IS_NOT_SLOWER),
        Rival("advanced-alchemy", advanced, at_most=FOUR_TIMES),
    )


def get_by(sessions: Any, key: Turn) -> tuple[Rival, Rival]:
    """A get by SQLAlchemy's sessions, and by advanced-alchemy."""

    async def session() -> Any:
        async with sessions() as open_session:
            return await open_session.get(NoteRow, key())

    async def advanced() -> Any:
        async with sessions() as open_session:
            return await Notes(session=open_session).get(key())

    return (
        Rival("AsyncSession", session, at_most=OURS_IS_NOT_SLOWER),
        Rival("advanced-alchemy", advanced, at_most=TWICE),
    )


def test_get_on_postgresql(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            notes, key = pg.notes, Turn()

            async def ours() -> Any:
                return await notes.get_by_id(key())

            async def raw() -> Any:
                row = await pg.pool.fetchrow(
                    "SELECT id, title, size, version FROM notes WHERE id = $1", key()
                )
                return Note(*row)

            await board.compare(
                "PostgreSQL: get",
                ours,
                Rival("asyncpg pool, no reset", raw),
                *get_by(async_sessionmaker(pg.engine), key),
                seconds=5,
            )

    run(main())


@asynccontextmanager
async def aiosqlite(path: Path) -> AsyncGenerator[Any]:
    """Give the sessions of SQLAlchemy's own way to SQLite."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    try:
        yield async_sessionmaker(engine)
    finally:
        await engine.dispose()


def test_get_on_sqlite(board: Board, tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "notes.db"
        async with sqlite(path, Base.metadata) as database, aiosqlite(path) as sessions:
            notes, key, thread = on(database), Turn(), ThreadPoolExecutor(1)
            (await notes.create_many(MANY)).unwrap()

            async def ours() -> Any:
                return await notes.get_by_id(key())

            async def hop() -> Any:
                return await asyncio.get_running_loop().run_in_executor(thread, key)

            await board.compare(
                "SQLite: get", ours, Rival("a bare thread hop", hop), *get_by(sessions, key), seconds=5
            )
            thread.shutdown()

    run(main())


def test_create_ten_thousand_on_sqlite(board: Board, tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "notes.db"
        async with sqlite(path, Base.metadata) as database, aiosqlite(path) as sessions:
            notes = on(database)

            async def empty() -> None:
                await database.write(
                    "empty", lambda connection: connection.exec_driver_sql("DELETE FROM notes")
                )

            async def ours() -> Any:
                (await notes.create_many(MANY)).unwrap()

            async def raw() -> None:
                await database.write(
                    "raw",
                    lambda connection: connection.connection.executemany(INSERT.format("?, ?, ?, ?"), RAW),
                )

            await board.compare(
                "SQLite: create 10k",
                ours,
                Rival("executemany", raw),
                *many_by(sessions),
                before=empty,
                seconds=6,
            )

    run(main())


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
                Rival("COPY", copy),
                Rival("executemany", raw),
                *many_by(async_sessionmaker(pg.engine)),
                before=pg.empty,
                seconds=8,
            )

    run(main())


def test_a_unit_on_postgresql(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            mappers, key, count = [on(pg.database)], Turn(), Turn()
            sessions = async_sessionmaker(pg.engine)
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

            async def session() -> None:
                async with sessions() as open_session:
                    note: Any = await open_session.get(NoteRow, key())
                    note.title += "."
                    count.n += 1
                    open_session.add(NoteRow(id=f"s{count.n}", title="changed", size=-1, version=1))
                    await open_session.commit()

            await board.compare(
                "PostgreSQL: unit: load, change, outbox, commit",
                ours,
                Rival("the same in asyncpg", raw),
                Rival("AsyncSession", session, at_most=OURS_IS_NOT_SLOWER),
                seconds=5,
            )

    run(main())


def test_load_ten_thousand_and_change_a_thousand(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            mappers, turn, sessions = [on(pg.database)], Turn(), async_sessionmaker(pg.engine)

            async def ours() -> None:
                turn.n += 1
                async with SqlAlchemyUnitOfWork(pg.database, mappers) as unit:
                    change_some((await unit.repository(Note).get_all()).unwrap(), turn.n)
                    (await unit.commit()).unwrap()

            async def raw() -> None:
                turn.n += 1
                async with pg.pool.acquire() as connection, connection.transaction():
                    rows = await connection.fetch("SELECT id, title, size, version FROM notes ORDER BY id")
                    notes = [Note(*row) for row in rows]
                    before = [(note.title, note.size) for note in notes]
                    change_some(notes, turn.n)
                    dirty = [n for n, old in zip(notes, before, strict=True) if (n.title, n.size) != old]
                    await connection.executemany(CHANGE, [(n.id, n.title, n.size, n.version) for n in dirty])

            async def session() -> None:
                turn.n += 1
                async with sessions() as open_session:
                    notes = await open_session.scalars(select(NoteRow).order_by(NOTES.c.id))
                    change_some(notes, turn.n)
                    await open_session.commit()

            await board.compare(
                "PostgreSQL: load 10k, change 1k",
                ours,
                Rival("the same in asyncpg", raw),
                Rival("AsyncSession", session, at_most=OURS_IS_NOT_SLOWER),
                seconds=8,
            )

    run(main())


def test_find_on_postgresql(board: Board) -> None:
    async def main() -> None:
        async with opened() as pg:
            notes, wanted = pg.notes, (where("size") >= 500) & (where("size") < 600)
            sessions = async_sessionmaker(pg.engine)
            found = "SELECT id, title, size, version FROM notes WHERE size >= $1 AND size < $2 ORDER BY id"

            async def ours() -> Any:
                return await notes.find_by_specification(wanted)

            async def raw() -> Any:
                return [Note(*row) for row in await pg.pool.fetch(found, 500, 600)]

            async def session() -> Any:
                async with sessions() as open_session:
                    between = (NOTES.c.size >= 500) & (NOTES.c.size < 600)
                    return (
                        await open_session.scalars(select(NoteRow).where(between).order_by(NOTES.c.id))
                    ).all()

            await board.compare(
                "PostgreSQL: find 100 rows",
                ours,
                Rival("asyncpg pool", raw),
                Rival("AsyncSession", session, at_most=OURS_IS_NOT_SLOWER),
                seconds=4,
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
