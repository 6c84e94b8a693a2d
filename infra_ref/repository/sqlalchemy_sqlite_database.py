"""SQLite: its calls wait for no network, so each hop is to a thread."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from infra_ref.failures import Refused
from infra_ref.repository.errors import Unavailable
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase

R = TypeVar("R")


class _OnOneThread(SqlAlchemyDatabase):
    """Does everything in turn on a thread of its own; in a browser, where no thread starts, in place."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options()
        self._thread = None if sys.platform == "emscripten" else ThreadPoolExecutor(1, "sqlite")
        self._process = os.getpid()

    async def close(self) -> None:
        """Let the thread finish, and close the connections."""
        if self._thread is not None:
            await asyncio.to_thread(self._thread.shutdown)
        self.engine.dispose()

    async def _take(self, work: Callable[[], R]) -> R:
        if self._process != os.getpid():
            raise RuntimeError("this SqliteDatabase was opened before a fork; open one in the new process")
        if self._thread is None:
            return work()
        running = self._thread.submit(work)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            with suppress(Exception):  # what runs cannot be stopped; wait until it is done or undone
                await asyncio.wrap_future(running)
            raise


class SqliteDatabase(_OnOneThread):
    """SQLite in a file, or in memory for a path of None. Close it after use.

    A file is in WAL mode: readers have a thread and connections of their own, which
    cannot write, and do not wait for writers. SQLite has one writer at a time;
    one that waits longer than `wait` seconds for its turn here, or for another
    process, is Unavailable. In memory there is one connection, and everyone
    waits. Works in one event loop after another. Raises RuntimeError in a forked process.
    """

    def __init__(self, path: str | None = None, *, wait: float = 5.0) -> None:
        super().__init__(_engine(path, wait))
        self._readers = None if path is None else _OnOneThread(_engine(path, wait, "query_only = ON"))
        self._wait, self._lock = wait, asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def read(self, doing: str, work: Callable[[Connection], R]) -> R:
        if self._readers is not None:
            return await self._readers.read(doing, work)
        async with self.turn(doing):
            return await super().read(doing, work)

    @property
    def engines(self) -> tuple[Engine, ...]:
        return (self.engine, *(self._readers.engines if self._readers else ()))

    async def close(self) -> None:
        if self._readers is not None:
            await self._readers.close()
        await super().close()

    def connect(self) -> Connection:
        connection = super().connect()
        try:  # not later, as a reader, who may be refused when it turns writer half way
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            connection.close()
            raise
        return connection

    @asynccontextmanager
    async def turn(self, doing: str) -> AsyncGenerator[None]:
        if self._loop is not asyncio.get_running_loop():
            self._loop, self._lock = asyncio.get_running_loop(), asyncio.Lock()
        lock = self._lock
        try:
            async with asyncio.timeout(self._wait):
                await lock.acquire()
        except TimeoutError as error:
            raise Refused(Unavailable(doing, cause=error)) from error
        try:
            yield
        finally:
            lock.release()


def _engine(path: str | None, wait: float, *pragmas: str) -> Engine:
    shared: dict[str, Any] = {"poolclass": StaticPool} if path is None else {}
    arguments = {"check_same_thread": False, "timeout": wait}
    engine = create_engine(f"sqlite:///{path or ':memory:'}", connect_args=arguments, **shared)

    wal = [] if path is None else ["journal_mode = WAL"]

    @event.listens_for(engine, "connect")
    def connected(driver: Any, _: object) -> None:
        for pragma in ("foreign_keys = ON", *wal, *pragmas):
            driver.execute(f"PRAGMA {pragma}")

    return engine
