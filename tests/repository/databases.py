"""The databases that tests run on, each with tables of its own that are removed again."""

from __future__ import annotations

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
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_types import Moment
from infra_ref.repository.sqlite_database import SqliteDatabase, sqlite_engine

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
    """Counts the statements that an engine sends."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def __call__(self) -> int:
        return len(self.sent)

    def watch(self, engine: Any) -> None:
        @event.listens_for(getattr(engine, "sync_engine", engine), "before_cursor_execute")
        def before(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
            self.sent.append(statement)


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
    async with postgres_engine(driver, metadata, **options) as engine:
        if counter is not None:
            counter.watch(engine)
        yield SqlAlchemyDatabase(engine)


@asynccontextmanager
async def postgres_engine(
    driver: str, metadata: MetaData = METADATA, **options: Any
) -> AsyncIterator[AsyncEngine]:
    schema = f"infra_ref_{secrets.token_hex(6)}"
    engine = create_async_engine(
        postgres_url(driver),
        **{"pool_size": 5, "max_overflow": 0, "pool_reset_on_return": None, **options},
    )
    engine = engine.execution_options(schema_translate_map=None)

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET search_path TO {schema}")
        cursor.close()
        connection.commit()

    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
            await connection.run_sync(metadata.create_all)
        yield engine
    finally:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        await engine.dispose()


@asynccontextmanager
async def sqlite(
    path: Path | None = None, metadata: MetaData = METADATA, counter: Counter | None = None
) -> AsyncIterator[SqliteDatabase]:
    """Open SQLite, by file or in memory."""
    engine = sqlite_engine(None if path is None else str(path))
    metadata.create_all(engine)
    if counter is not None:
        counter.watch(engine)
    database = SqliteDatabase(engine)
    try:
        yield database
    finally:
        await database.close()
        engine.dispose()
