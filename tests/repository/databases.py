"""The databases that tests run on, each with tables of its own that are removed again."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    event,
    make_url,
    text,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_sqlite_database import SqliteDatabase
from infra_ref.repository.sqlalchemy_types import Moment

URL = "INFRA_REF_TEST_POSTGRES_URL"

METADATA = MetaData()
PARCELS = Table(
    "parcels",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("weight", BigInteger, nullable=False),
    Column("price", Double),
    Column("note", Text),
    Column("label", Text, unique=True),
    Column("fragile", Boolean, nullable=False),
    Column("sent_at", Moment),
    Column("version", BigInteger, nullable=False),
)
ITEMS = Table(
    "items",
    METADATA,
    Column("parcel_id", Text, ForeignKey("parcels.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("grams", BigInteger, nullable=False),
)


class Counter:
    """Counts the statements that a database is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def __call__(self) -> int:
        return len(self.sent)

    def watch(self, database: Any) -> None:
        def before(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
            self.sent.append(statement)

        for engine in database.engines:
            event.listen(engine, "before_cursor_execute", before)


def postgres_url(driver: str) -> str:
    """Return the URL for this driver; skip where there is none, unless CI promised one."""
    url = os.environ.get(URL)
    if not url:
        if os.environ.get("INFRA_REF_CI"):
            pytest.fail(f"{URL} is not set, and CI must test PostgreSQL")
        pytest.skip(f"set {URL} to a PostgreSQL database: postgresql://user@host:5432/name")
    return f"postgresql+{driver}://" + url.partition("://")[2]


@asynccontextmanager
async def postgres(
    driver: str, metadata: MetaData = METADATA, counter: Counter | None = None, **options: Any
) -> AsyncIterator[SqlAlchemyDatabase]:
    """Open PostgreSQL with the tables in a schema of their own."""
    async with schema(driver, metadata) as name, postgres_in(name, driver, **options) as database:
        if counter is not None:
            counter.watch(database)
        yield database


@asynccontextmanager
async def schema(driver: str, metadata: MetaData) -> AsyncIterator[str]:
    """Make a schema with the tables, give its name, and drop it."""
    name = f"infra_ref_{secrets.token_hex(6)}"
    engine = engine_in(name, driver)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"CREATE SCHEMA {name}")
            await connection.run_sync(metadata.create_all)
        yield name
    finally:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        await engine.dispose()


@asynccontextmanager
async def postgres_in(
    name: str, driver: str, *, port: int | None = None, **options: Any
) -> AsyncIterator[SqlAlchemyDatabase]:
    """Open PostgreSQL, through another port of this machine if one is given."""
    timeout = options.pop("timeout", 30.0)
    engine = engine_in(name, driver, port, **options)
    try:
        yield SqlAlchemyDatabase(engine, timeout=timeout)
    finally:
        await engine.dispose()


BUSY = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND pid <> pg_backend_pid() "
    "AND state <> 'idle'"
)


async def settled(database: SqlAlchemyDatabase, name: str, busy: int = 0) -> None:
    """Wait until this many connections of the schema's are at work or in a transaction, and no more.

    A server sees late that its client has gone, and may finish what it was told last.
    """

    async def more() -> bool:
        return busy < await database.read("look", lambda connection: connection.scalar(BUSY, {"name": name}))

    async with asyncio.timeout(10):
        while await more():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.002)


def engine_in(name: str, driver: str, port: int | None = None, **options: Any) -> AsyncEngine:
    url = make_url(postgres_url(driver))
    if port is not None:
        url = url.set(host="127.0.0.1", port=port)
    pool = {"pool_size": 5, "max_overflow": 0, "pool_reset_on_return": None}
    engine = create_async_engine(url, **{**pool, **options})

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET search_path TO {name}")
        cursor.execute(f"SET application_name TO {name}")  # by which pg_stat_activity tells whose it is
        cursor.close()
        connection.commit()

    return engine


@asynccontextmanager
async def cutting(word: str, *, after: str) -> AsyncIterator[int]:
    """Open a port to PostgreSQL that passes on, but cuts a connection that says `word` after `after`.

    The server gets the word and answers it; the answer is what is lost.
    """
    url = make_url(postgres_url("asyncpg"))
    held: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(url.host or "127.0.0.1", url.port or 5432)
        held.update({writer, back})
        said = asyncio.Event()

        async def forth() -> None:
            begun = False
            while data := await reader.read(65536):
                begun = begun or after.encode() in data
                if begun and word.encode() in data:
                    said.set()
                back.write(data)

        async def answer() -> None:
            while (data := await there.read(65536)) and not said.is_set():
                writer.write(data)

        both = [asyncio.create_task(forth()), asyncio.create_task(answer())]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        await asyncio.wait(both)
        for one in (writer, back):
            one.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for one in held:
            one.close()
        server.close()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def sqlite(
    path: Path | None = None, metadata: MetaData = METADATA, counter: Counter | None = None, **options: Any
) -> AsyncIterator[SqliteDatabase]:
    """Open SQLite, by file or in memory."""
    database = SqliteDatabase(None if path is None else str(path), **options)
    try:
        await database.write("make tables", metadata.create_all)
        if counter is not None:
            counter.watch(database)
        yield database
    finally:
        await database.close()
