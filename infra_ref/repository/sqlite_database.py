"""A way to SQLite: its calls wait for no network, so each piece of work is one hop to a thread."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from infra_ref.repository.port import Refused, Unavailable
from infra_ref.repository.sqlalchemy_errors import translated
from infra_ref.repository.sqlalchemy_transaction import SqlAlchemyTransaction, read, write

R = TypeVar("R")


def sqlite_engine(path: str | None = None, *, wait: float = 5.0) -> Engine:
    """Make an engine for `SqliteDatabase`: a file, or None for a database in memory.

    Foreign keys are kept. A file is in WAL mode, so that readers and a writer
    do not wait for each other; a writer waits `wait` seconds for another
    process to finish.
    """
    shared: dict[str, Any] = {"poolclass": StaticPool} if path is None else {}
    arguments = {"check_same_thread": False, "timeout": wait}
    engine = create_engine(
        f"sqlite:///{path or ':memory:'}", connect_args=arguments, pool_reset_on_return=None, **shared
    )

    @event.listens_for(engine, "connect")
    def connected(driver: Any, _: object) -> None:
        driver.execute("PRAGMA foreign_keys = ON")
        if path is not None:
            driver.execute("PRAGMA journal_mode = WAL")

    return engine


class SqliteDatabase:
    """A `Database` on an engine of `sqlite_engine`. Close it after use, and then dispose of the engine.

    One thread does the work, in the order it was asked for; in a browser,
    where no thread starts, it is done in place. It keeps a connection to read
    on. SQLite has one writer at a time, so writers queue here, `wait` seconds
    at the most. In memory there is one connection: while a transaction is
    held, readers queue as well.
    """

    def __init__(self, engine: Engine, *, wait: float = 5.0) -> None:
        self._engine, self._wait = engine, wait
        # Listeners cost each statement some time, so readers have an engine without.
        self._writing = engine.execution_options()
        event.listen(self._writing, "begin", _begin_to_write)
        self._alone = isinstance(engine.pool, StaticPool)
        self._reader: Connection | None = None
        self._writer = asyncio.Lock()
        self._thread = None if sys.platform == "emscripten" else ThreadPoolExecutor(1, "sqlite")

    async def read(self, doing: str, work: Callable[[Connection], R]) -> R:
        if not self._alone:
            return await self._hop(lambda: self._read(doing, work))
        async with self._turn(doing):
            return await self._hop(lambda: read(self._engine, doing, work))

    async def write(self, doing: str, work: Callable[[Connection], R]) -> R:
        async with self._turn(doing):
            return await self._hop(lambda: write(self._writing, doing, work))

    async def begin(self, doing: str = "begin") -> SqlAlchemyTransaction:
        await self._wait_for_turn(doing)
        transaction = SqlAlchemyTransaction(self._hop, ended=self._writer.release)
        await transaction.start(self._writing, doing)
        return transaction

    async def close(self) -> None:
        """Let the thread finish and end."""
        if self._thread is None:
            self._end()
        else:
            await asyncio.to_thread(self._end)

    async def _hop(self, work: Callable[[], R], /) -> R:
        """Return what `work` returns, on the thread. A caller that is cancelled does not stop it half way."""
        if self._thread is None:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _read(self, doing: str, work: Callable[[Connection], R]) -> R:
        """Read on the connection that is kept; one that failed may be broken, and is not kept."""
        with translated(doing):
            reader, self._reader = self._reader, None
            if reader is None:
                reader = self._engine.connect()
                reader.detach()  # from the pool: closed, it is closed for good
                reader.exec_driver_sql("PRAGMA query_only = ON")
            try:
                result = work(reader)
            except BaseException:
                reader.close()
                raise
            self._reader = reader
            return result

    def _end(self) -> None:
        if self._thread is not None:
            self._thread.shutdown()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    @asynccontextmanager
    async def _turn(self, doing: str) -> AsyncGenerator[None]:
        await self._wait_for_turn(doing)
        try:
            yield
        finally:
            self._writer.release()

    async def _wait_for_turn(self, doing: str) -> None:
        try:
            async with asyncio.timeout(self._wait):
                await self._writer.acquire()
        except TimeoutError as error:
            raise Refused(Unavailable(doing, cause=error)) from error


def _begin_to_write(connection: Connection) -> None:
    # Not as Python's driver begins: late, and as a reader, who may be refused when he turns writer half way.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
