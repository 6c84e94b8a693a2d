"""Takes work to a database: a plain function of a SQLAlchemy `Connection`, in one hop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_, greenlet_spawn

from infra_ref.failures import Refused
from infra_ref.repository.sqlalchemy_errors import ERRORS, failure_of

R = TypeVar("R")


class SqlAlchemyDatabase:
    """A database that SQLAlchemy reaches with asyncio: PostgreSQL through asyncpg or psycopg.

        engine = create_async_engine("postgresql+asyncpg://...", pool_reset_on_return=None)

    Whoever made the engine disposes of it. The hop is to a greenlet, in which the
    driver's awaits look like calls. A read is one round trip: it runs on
    AUTOCOMMIT, without BEGIN and ROLLBACK, so the pool need not reset connections.
    A hop that takes longer than `timeout` seconds is cancelled, and is Unavailable;
    also set PostgreSQL's own `statement_timeout` where it must stop working for nobody.
    """

    def __init__(self, engine: AsyncEngine, *, timeout: float = 30.0) -> None:
        self.engine: Engine = engine.sync_engine
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._timeout = timeout
        event.listen(self.engine, "handle_error", _discard_if_spoilt)
        if self.engine.dialect.driver == "asyncpg":
            event.listen(self.engine, "do_connect", _connect_to_the_end)
            event.listen(self.engine, "invalidate", _close_to_the_end)

    async def read(self, doing: str, work: Callable[[Connection], R]) -> R:
        """Return what `work` returns. Raises Refused with Unavailable; `doing` is for its message."""

        def reading() -> R:
            with self._reading.connect() as connection:
                return work(connection)

        return await self.hop(doing, reading)

    async def write(self, doing: str, work: Callable[[Connection], R]) -> R:
        """Return what `work` returns, all of it committed; if it raises, nothing of it is."""
        committing = False

        def writing() -> R:
            nonlocal committing
            with self.connect() as connection:
                result = work(connection)
                committing = True
                connection.commit()
                return result

        async with self.turn(doing):
            return await self.hop(doing, writing, lambda: committing)

    async def hop(
        self, doing: str, work: Callable[[], R], committing: Callable[[], bool] = lambda: False
    ) -> R:
        """Return what `work` returns, done where a connection can be used. Raises Refused."""
        try:
            return await self._take(work)
        except ERRORS as error:
            raise Refused(failure_of(error, doing, committing=committing())) from error

    @property
    def engines(self) -> tuple[Engine, ...]:
        """All engines, for who listens to their statements."""
        return (self.engine,)

    def connect(self) -> Connection:
        """Return a connection to write on, inside a hop."""
        return self.engine.connect()

    @asynccontextmanager
    async def turn(self, doing: str) -> AsyncGenerator[None]:
        """Wait until this may write; PostgreSQL has many writers."""
        yield

    async def _take(self, work: Callable[[], R]) -> R:
        async with asyncio.timeout(self._timeout):
            return await greenlet_spawn(work)


def _discard_if_spoilt(context: ExceptionContext) -> None:
    """Cancelled twice, psycopg may fail an assertion of its own, and its connection ever after."""
    error, connection = context.original_exception, context.connection
    if isinstance(error, AssertionError) and isinstance(error.__context__, asyncio.CancelledError):
        if connection is not None:
            connection.invalidate(error)
        raise error.__context__ from None


def _connect_to_the_end(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
    """Cancelled while it connects, asyncpg leaves an exception that nobody retrieves; so let it finish."""
    connect = options.get("async_creator_fn", dialect.loaded_dbapi.asyncpg.connect)

    async def connect_to_the_end(*args: Any, **more: Any) -> Any:
        connecting = asyncio.ensure_future(connect(*args, **more))
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_discard)
            raise

    options["async_creator_fn"] = connect_to_the_end


def _discard(connecting: asyncio.Future[Any]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().terminate()


def _close_to_the_end(connection: Any, record: Any, error: BaseException | None) -> None:
    """Cancelled again while it stops a statement, asyncpg leaves one too; so let it close first."""
    if isinstance(error, asyncio.CancelledError):
        closing = asyncio.gather(connection.driver_connection.close(timeout=2), return_exceptions=True)
        while not closing.done():
            with suppress(asyncio.CancelledError):
                await_(asyncio.wait({closing}))
