"""What databases do on bad days, done to real ones."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from sqlite3 import OperationalError, ProgrammingError, connect
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import MetaData, Text, delete, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from infra_ref.contract import run
from infra_ref.failures import Refused
from infra_ref.repository.contracts.parcels import PARCEL, Item, Parcel, ParcelContract
from infra_ref.repository.contracts.query_contract import QueryContract
from infra_ref.repository.errors import BrokenReference, Conflict, OutcomeUnknown, Unavailable, Unusable
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.repository.query_port import BadCursor, Query, asc
from infra_ref.repository.specification_port import where
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.repository.sqlalchemy_errors import failure_of
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.repository.sqlalchemy_sqlite_database import SqliteDatabase
from infra_ref.result import Err, Ok
from infra_ref.sample.adapters.shop_schemas import USER
from infra_ref.sample.adapters.shop_tables import SHOP, USERS
from infra_ref.sample.user import User
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyTransaction
from tests.repository.databases import ITEMS, METADATA, PARCELS, Counter, postgres, postgres_url, sqlite

DRIVERS = pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])


async def begun(database: Any) -> SqlAlchemyTransaction:
    transaction = SqlAlchemyTransaction(database)
    await transaction.begin()
    return transaction


def on(database: Any) -> SqlAlchemyQueryableRepository[Parcel, str]:
    return SqlAlchemyQueryableRepository(database, PARCEL, PARCELS, ITEMS)


@DRIVERS
def test_a_pool_that_is_exhausted_is_unavailable_and_recovers(driver: str) -> None:
    async def main() -> None:
        async with postgres(driver, pool_size=1, pool_timeout=0.2) as database:
            parcels = on(database)
            held = await begun(database)
            match await parcels.get_by_id("a"):
                case Err(Unavailable(retryable=True, cause=cause)):
                    assert cause is not None
                case other:
                    pytest.fail(repr(other))
            await held.rollback()
            assert await parcels.get_by_id("a") == Ok(None)

    run(main())


@DRIVERS
def test_a_connection_that_the_server_cut_is_unavailable_and_the_next_works(driver: str) -> None:
    async def main() -> None:
        async with postgres(driver) as database:
            parcels = on(database)
            (await parcels.create(Parcel("a"))).unwrap()
            kill = text("SELECT pg_terminate_backend(pg_backend_pid())")
            with pytest.raises(Refused) as refused:
                await database.write("die", lambda connection: connection.execute(kill))
            assert isinstance(refused.value.failure, Unavailable)
            assert refused.value.failure.retryable
            assert "pg_terminate" not in str(refused.value)
            assert (await parcels.get_by_id("a")).unwrap() is not None
            assert database.engine.pool.checkedout() == 0

    run(main())


@DRIVERS
def test_a_table_that_is_missing_is_not_worth_trying_again(driver: str) -> None:
    async def main() -> None:
        async with postgres(driver) as database:
            drop = text("DROP TABLE items; ").text.rstrip("; ")
            await database.write("drop", lambda connection: connection.exec_driver_sql(drop))
            match await on(database).get_by_id("a"):
                case Err(Unusable()):
                    pass
                case other:
                    pytest.fail(repr(other))

    run(main())


@DRIVERS
def test_of_two_that_deadlock_one_is_told_conflict(driver: str) -> None:
    async def main() -> None:
        async with postgres(driver) as database:
            await on(database).create_many([Parcel("a"), Parcel("b")])

            def lock(key: str) -> Any:
                statement = text("SELECT 1 FROM parcels WHERE id = :key FOR UPDATE")
                return lambda connection: connection.execute(statement, {"key": key})

            first, second = await begun(database), await begun(database)
            await first.run("lock", lock("a"))
            await second.run("lock", lock("b"))
            both = await asyncio.gather(
                first.run("lock", lock("b")), second.run("lock", lock("a")), return_exceptions=True
            )
            refused = [one.failure for one in both if isinstance(one, Refused)]
            assert refused == [Conflict()]
            await first.rollback()
            await second.rollback()

    run(main())


@pytest.mark.parametrize("driver", ["sqlite", "asyncpg", "psycopg"])
def test_a_row_that_others_point_at_cannot_go(driver: str) -> None:
    async def main() -> None:
        async with sqlite() if driver == "sqlite" else postgres(driver) as database:
            await on(database).create(Parcel("a", items=[Item("x", 1)]))
            alone: Any = SqlAlchemyQueryableRepository(database, PARCEL, PARCELS, ITEMS)
            alone._children.delete = lambda *_: None  # it forgets them
            assert await alone.delete("a") == Err(BrokenReference("Parcel"))
            assert (await on(database).get_by_id("a")).unwrap().items == [Item("x", 1)]  # type: ignore[union-attr]

    run(main())


@DRIVERS
def test_a_storm_of_cancellations_costs_no_connection_and_no_half_writes(driver: str) -> None:
    async def main() -> None:
        async with postgres(driver) as database:
            parcels = on(database)

            async def work(n: int) -> None:
                await parcels.create_many([Parcel(f"{n:03}-{m}", items=[Item("x", m)]) for m in range(3)])
                await parcels.get_all()
                await parcels.delete(f"{n:03}-0")

            tasks = [asyncio.create_task(work(n)) for n in range(60)]
            for n, task in enumerate(tasks):
                await asyncio.sleep(0.0005 * (n % 7))
                task.cancel()
                if n % 3 == 0:
                    await asyncio.sleep(0)
                    task.cancel()  # once more, while it cleans up
            await asyncio.wait(tasks)
            async with asyncio.timeout(5):
                while database.engine.pool.checkedout():  # noqa: ASYNC110 - the pool tells nobody
                    await asyncio.sleep(0.01)
            rows = (await parcels.get_all()).unwrap()
            for n in range(60):
                left = [row.id for row in rows if row.id.startswith(f"{n:03}-")]
                assert len(left) in (0, 2, 3)
            assert all(len(row.items) == 1 for row in rows)

    run(main())


@DRIVERS
def test_a_cancelled_caller_leaves_no_exception_that_nobody_retrieves(driver: str) -> None:
    """At any moment, the connecting to a server that is asked for TLS included."""
    told: list[object] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        for n in range(4):
            async with postgres(driver) as database:
                tasks = [asyncio.create_task(on(database).get_all()) for _ in range(20)]
                for moment, task in enumerate(tasks):
                    await asyncio.sleep(0.0003 * ((moment + n) % 9))
                    task.cancel()
                await asyncio.wait(tasks)
                await asyncio.sleep(0.05)
            gc.collect()
        await asyncio.sleep(0.05)

    run(main())
    gc.collect()
    assert told == []


@DRIVERS
def test_a_caller_who_is_cancelled_twice_leaves_no_exception_that_nobody_retrieves(driver: str) -> None:
    """The second time so many turns of the loop later, while the driver has the server stop the statement."""
    told: list[object] = []

    async def cancelled_twice(database: SqlAlchemyDatabase, turns: int) -> None:
        sleep = f"SELECT pg_sleep(9) AS cancelled_again_after_{turns}"
        task = asyncio.create_task(database.read("sleep", lambda connection: connection.execute(text(sleep))))
        async with asyncio.timeout(10):
            while not await running(database, sleep):  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.01)
        task.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with postgres(driver) as database:
            for turns in range(10):
                await cancelled_twice(database, turns)
            assert database.engine.pool.checkedout() == 0
        gc.collect()
        assert told == []

    run(main())


async def running(database: SqlAlchemyDatabase, statement: str) -> Any:
    """Return how many of the database's connections run the statement."""
    own = "application_name = current_setting('application_name') AND state = 'active'"
    query = text(f"SELECT count(*) FROM pg_stat_activity WHERE {own} AND query = :statement")
    look = lambda connection: connection.scalar(query, {"statement": statement})  # noqa: E731
    return await database.read("look", look)


@DRIVERS
def test_a_connection_that_a_cancellation_spoilt_is_not_kept(driver: str) -> None:
    """As psycopg does when it is cancelled while it cancels: an assertion hides the CancelledError."""

    def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> None:
        if "spoilt" in statement:
            try:
                raise asyncio.CancelledError
            finally:
                raise AssertionError

    def spoilt(connection: Any) -> None:
        connection.execute(text("SELECT 'spoilt'"))

    def backend(connection: Any) -> Any:
        return connection.scalar(text("SELECT pg_backend_pid()"))

    async def main() -> None:
        async with postgres(driver, pool_size=1) as database:
            event.listen(database.engine, "do_execute", execute)
            for ask in (database.read, database.write):
                before = await database.read("look", backend)
                with pytest.raises(asyncio.CancelledError):
                    await ask("be cancelled", spoilt)
                assert await database.read("look", backend) != before
            before = await database.read("look", backend)
            held = await begun(database)
            with pytest.raises(asyncio.CancelledError):
                await held.run("be cancelled", spoilt)
            await held.rollback()
            assert await database.read("look", backend) != before

    run(main())


@DRIVERS
def test_text_of_any_collation_is_ordered_by_code_point(driver: str) -> None:
    """A database whose language is English sorts `a` before `B`; a specification does not."""
    postgres_url(driver)  # skips here: within a verdict a skip would be a failure
    english = MetaData()
    for table in METADATA.sorted_tables:
        table.to_metadata(english)
    for column in english.tables["parcels"].c:
        if isinstance(column.type, Text):
            column.type = Text(collation="en-x-icu")

    class EnglishQueries(QueryContract):
        @asynccontextmanager
        async def make(self) -> AsyncIterator[Any]:
            async with postgres(driver, english) as database:
                yield SqlAlchemyQueryableRepository(
                    database, PARCEL, english.tables["parcels"], english.tables["items"]
                )

    assert run(EnglishQueries.verify()).holds


def test_a_cursor_of_another_secret_is_refused() -> None:
    async def main() -> None:
        database = MemoryDatabase()
        ours = MemoryQueryableRepository[Parcel, str](PARCEL, database, cursor_secret=b"ours")
        theirs = MemoryQueryableRepository[Parcel, str](PARCEL, database, cursor_secret=b"theirs")
        await ours.create_many([Parcel("a"), Parcel("b")])
        cursor = (await ours.query_window(Query(limit=1))).unwrap().next_cursor
        assert isinstance(await ours.query_window(Query(limit=1), after=cursor), Ok)
        assert isinstance((refused := await theirs.query_window(Query(limit=1), after=cursor)), Err)
        assert isinstance(refused.error, BadCursor)

    run(main())


def test_a_cancelled_write_on_sqlite_is_whole_and_leaves_the_way_free() -> None:
    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with sqlite(Path(folder) / "parcels.db") as database:
                parcels = on(database)
                for n in range(30):
                    rows = [Parcel(f"{n:02}-{m}", items=[Item("x", m)]) for m in range(20)]
                    task = asyncio.create_task(parcels.create_many(rows))
                    await asyncio.sleep(n * 0.0001)
                    task.cancel()
                    await asyncio.wait({task})
                    written = await parcels.count_by_specification(where("id").starts_with(f"{n:02}-"))
                    assert written in (Ok(0), Ok(20))
                assert isinstance(await parcels.create(Parcel("z")), Ok)

    run(main())


def test_a_cancelled_read_on_sqlite_leaves_the_way_free(tmp_path: Path) -> None:
    async def main() -> None:
        async with sqlite(tmp_path / "parcels.db") as database:
            parcels = on(database)
            (await parcels.create_many(Parcel(f"{n:03}") for n in range(300))).unwrap()
            for n in range(30):
                task = asyncio.create_task(parcels.get_all())
                await asyncio.sleep(n * 0.0001)
                task.cancel()
                await asyncio.wait({task})
                assert await parcels.count(Query()) == Ok(300)

    run(main())


def test_a_reader_that_broke_is_replaced_and_closing_closes_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with sqlite(tmp_path / "parcels.db") as database:
            parcels = on(database)
            (await parcels.create(Parcel("a"))).unwrap()

            def driver_of(connection: Any) -> Any:
                return connection.connection.dbapi_connection

            first, second = [await database.read("look", driver_of) for _ in range(2)]
            assert first is second
            first.close()
            assert isinstance(broken := await parcels.get_by_id("a"), Err)
            assert isinstance(broken.error, Unavailable)
            assert (await parcels.get_by_id("a")).unwrap() == Parcel("a", version=1)
            assert isinstance(await parcels.create(Parcel("b")), Ok)
            driver = await database.read("look", driver_of)
            await database.close()
            await database.close()
            with pytest.raises(ProgrammingError, match="closed database"):
                driver.execute("SELECT 1")

    run(main())


@pytest.mark.parametrize("path", ["parcels.db", None])
def test_what_writes_while_it_should_read_leaves_nothing(path: str | None, tmp_path: Path) -> None:
    async def main() -> None:
        async with sqlite(path and tmp_path / path) as database:
            parcels = on(database)
            (await parcels.create(Parcel("a"))).unwrap()
            # In memory, where there is one connection, it is rolled back.
            with pytest.raises(Refused) if path else nullcontext():
                await database.read("misuse", lambda connection: connection.execute(delete(PARCELS)))
            assert (await parcels.get_by_id("a")).unwrap() is not None
            assert isinstance(await parcels.create(Parcel("b")), Ok)

    run(main())


def test_a_reader_sees_what_was_committed_just_now_also_by_others(tmp_path: Path) -> None:
    async def main() -> None:
        async with sqlite(tmp_path / "parcels.db") as one, sqlite(tmp_path / "parcels.db") as other:
            for n in range(20):
                assert await on(one).get_by_id(f"{n}") == Ok(None)
                (await on(other).create(Parcel(f"{n}"))).unwrap()
                assert (await on(one).get_by_id(f"{n}")).unwrap() is not None

    run(main())


@DRIVERS
def test_an_offset_may_be_as_large_as_a_whole_number(driver: str) -> None:
    async def main() -> None:
        async with postgres(driver) as database:
            assert await on(database).query(Query(limit=1, offset=2**63 - 1)) == Ok([])

    run(main())


def test_a_writer_that_waits_too_long_is_told() -> None:
    async def main() -> None:
        async with sqlite(wait=0.05) as database:
            held = await begun(database)
            assert isinstance((refused := await on(database).create(Parcel("a"))), Err)
            assert isinstance(refused.error, Unavailable)
            assert refused.error.retryable
            await held.rollback()
            assert isinstance(await on(database).create(Parcel("a")), Ok)

    run(main())


@contextmanager
def another_process_that_writes(path: Path) -> Iterator[None]:
    """Hold the lock of a writer, as another process would."""
    other = connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def test_another_process_that_writes_is_waited_for_and_then_told(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "parcels.db"
        async with sqlite(path, wait=0.1) as database:
            with another_process_that_writes(path):
                assert isinstance((refused := await on(database).create(Parcel("a"))), Err)
                assert isinstance(refused.error, Unavailable)
                assert refused.error.retryable
            assert isinstance(await on(database).create(Parcel("a")), Ok)

    run(main())


def test_readers_do_not_wait_while_a_writer_waits_for_another_process(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "parcels.db"
        async with sqlite(path, wait=2.0) as database:
            (await on(database).create(Parcel("a"))).unwrap()
            with another_process_that_writes(path):
                writing = asyncio.create_task(on(database).create(Parcel("b")))
                await asyncio.sleep(0.05)
                async with asyncio.timeout(0.5):
                    for _ in range(10):
                        assert (await on(database).get_by_id("a")).unwrap() is not None
                assert not writing.done()
            assert isinstance(await writing, Ok)

    run(main())


@pytest.mark.parametrize("path", ["parcels.db", None])
def test_one_event_loop_after_another_may_use_it(path: str | None, tmp_path: Path) -> None:
    database = SqliteDatabase(path and str(tmp_path / path))

    async def work(n: int) -> None:
        both = await asyncio.gather(*(on(database).create(Parcel(f"{n}-{m}")) for m in range(3)))
        assert all(isinstance(one, Ok) for one in both)
        assert len((await on(database).get_all()).unwrap()) == 3 * n

    run(database.write("make tables", METADATA.create_all))
    for n in range(1, 4):
        run(work(n))
    run(database.close())


FORKED = """
import asyncio, os, sys
from tests.repository.databases import sqlite
from tests.repository.test_trouble import Parcel, Path, on

async def ask(database) -> None:
    for asked in (on(database).get_by_id("a"), on(database).create(Parcel("b"))):
        try:
            await asked
        except RuntimeError as error:
            print(error, flush=True)

async def main() -> None:
    async with sqlite(Path(sys.argv[1])) as database:
        await on(database).create(Parcel("a"))
        if (child := os.fork()) == 0:
            loop = asyncio.new_event_loop()
            asyncio._set_running_loop(None)
            loop.run_until_complete(ask(database))
            os._exit(0)
        os.waitpid(child, 0)

asyncio.run(main())
"""


def test_a_forked_process_is_told_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, tmp_path / "parcels.db"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    told = "this SqliteDatabase was opened before a fork; open one in the new process\n"
    assert (done.stdout, done.stderr) == (told * 2, "")


FULL = """
import asyncio, resource, sys
from infra_ref.repository.errors import Unavailable
from tests.repository.databases import sqlite
from tests.repository.test_trouble import Parcel, Path, on

async def main() -> None:
    async with sqlite(Path(sys.argv[1])) as database:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        full = await on(database).create_many(Parcel(f"{n}", note="x" * 1_000) for n in range(200))
        print(type(full.error).__name__, len((await on(database).get_all()).unwrap()))

asyncio.run(main())
"""


def test_a_full_disk_is_unavailable_with_nothing_written(tmp_path: Path) -> None:
    """No file of the process may grow beyond 100 kB, which SQLite notices at the COMMIT."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "parcels.db"], capture_output=True, text=True, timeout=30
    )
    assert (done.stdout, done.stderr) == ("Unavailable 0\n", "")


def test_what_a_commit_without_an_answer_means() -> None:
    def of(driver: Exception, committing: bool) -> Any:
        return failure_of(DBAPIError("COMMIT", (), driver), "write", committing=committing)

    silent, full, synced = Exception(), OperationalError(), OperationalError()
    full.sqlite_errorname, synced.sqlite_errorname = "SQLITE_FULL", "SQLITE_IOERR_FSYNC"
    assert of(silent, committing=True) == OutcomeUnknown("write")
    assert of(silent, committing=False) == Unusable("write")
    assert of(full, committing=True) == Unavailable("write")
    assert of(synced, committing=True) == OutcomeUnknown("write")
    assert failure_of(TimeoutError(), "write", committing=True) == OutcomeUnknown("write")


@DRIVERS
def test_a_statement_that_takes_too_long_is_ended(driver: str) -> None:
    async def main() -> None:
        async with postgres(driver, timeout=0.2) as database:
            before = monotonic()
            for ask in (database.read, database.write):
                with pytest.raises(Refused) as refused:
                    await ask("sleep", lambda connection: connection.execute(text("SELECT pg_sleep(20)")))
                assert refused.value.failure == Unavailable("sleep")
            assert monotonic() - before < 10
            assert database.engine.pool.checkedout() == 0
            assert await on(database).get_by_id("a") == Ok(None)

    run(main())


def test_a_transaction_that_is_cancelled_while_it_begins_gives_way(tmp_path: Path) -> None:
    """Another process writes, so the thread waits inside BEGIN; then it begins for nobody."""

    async def main() -> None:
        path = tmp_path / "parcels.db"
        async with sqlite(path) as database:
            with another_process_that_writes(path):
                beginning = asyncio.create_task(begun(database))
                await asyncio.sleep(0.05)
                beginning.cancel()
                await asyncio.sleep(0.05)
            await asyncio.wait({beginning})
            assert beginning.cancelled()
            assert isinstance(await on(database).create(Parcel("a")), Ok)
            with another_process_that_writes(path):
                pass

    run(main())


def test_a_deep_window_starts_in_the_index() -> None:
    """What a page costs, told by the planner: a search from the cursor, no walk and no sort."""

    async def main() -> None:
        async with sqlite(counter=(counter := Counter())) as database:
            parcels = on(database)
            (await parcels.create_many(Parcel(f"{n:04}") for n in range(500))).unwrap()
            query, cursor = Query(order=(asc("id"),), limit=50), None
            for _ in range(5):
                cursor = (await parcels.query_window(query, after=cursor)).unwrap().next_cursor
            statement = counter.sent[-1]
            arguments = ("0199", 51, 0)[: statement.count("?")]

            def explain(connection: Any) -> list[str]:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", arguments)
                return [row[-1] for row in rows]

            plan = await database.read("explain", explain)
            assert any("SEARCH parcels USING INDEX" in step and "(id>" in step for step in plan), plan

    run(main())


def test_a_deep_window_by_text_starts_in_the_index_of_postgresql() -> None:
    """Of so few rows the planner would read all; it is told not to, and then has but the index."""

    async def main() -> None:
        async with postgres("asyncpg", SHOP, counter := Counter()) as database:
            users: SqlAlchemyQueryableRepository[User, str] = SqlAlchemyQueryableRepository(
                database, USER, USERS
            )
            (await users.create_many(User(f"{n}", f"{n}", "ada") for n in range(9))).unwrap()
            cursor = (await users.query_window(Query(limit=3))).unwrap().next_cursor
            (await users.query_window(Query(limit=3), after=cursor)).unwrap()
            statement = counter.sent[-1]

            def explain(connection: Any) -> list[str]:
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
                return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", ("2", 4))]

            plan = await database.write("explain", explain)
            assert any("Index Cond: (id >" in step for step in plan), plan
            assert not any("Sort" in step for step in plan), plan

    run(main())


def test_a_stream_holds_a_batch_and_no_more() -> None:
    async def main() -> None:
        async with sqlite() as database:
            parcels = on(database)
            (await parcels.create_many(Parcel(f"{n:05}", note="x" * 200) for n in range(10_000))).unwrap()
            tracemalloc.start()
            seen = 0
            async for _ in parcels.stream(Query(), batch=200):
                seen += 1
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert seen == 10_000
            assert peak < 3_000_000  # all of them are some 10 MB

    run(main())


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_bad_input_is_told_before_the_store_is_asked(driver: str) -> None:
    """A store that does not answer keeps these rules, because nothing comes to it."""
    nowhere = create_async_engine(f"postgresql+{driver}://nobody@127.0.0.1:1/none")
    make = lambda: on(SqlAlchemyDatabase(nowhere))  # noqa: E731
    assert run(ParcelContract.verify(make, only="REPO-22")).holds
    assert run(QueryContract.verify(make, only="QUERY-18")).holds


def test_a_table_without_a_column_is_told_when_the_repository_is_made() -> None:
    with pytest.raises(TypeError, match="table items has no column 'id'"):
        SqlAlchemyQueryableRepository(SqliteDatabase(), PARCEL, ITEMS)
    with pytest.raises(TypeError, match="a table of children is for"):
        SqlAlchemyQueryableRepository(SqliteDatabase(), PARCEL, PARCELS)
