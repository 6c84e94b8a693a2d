"""What a unit lets others write in its own transaction: at the commit, and in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, insert, select

from infra_ref.contract import run
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused
from infra_ref.repository.errors import Duplicate, Unusable
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.unit_of_work_contract import Account, get, seen, stored
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork
from infra_ref.unit_of_work.port import UnitMisused
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyUnitOfWork
from tests.repository.databases import postgres, sqlite
from tests.unit_of_work.benches import METADATA, in_memory, mappers

ALSO = MetaData()
for table in METADATA.sorted_tables:
    table.to_metadata(ALSO)
NOTES = Table("notes", ALSO, Column("id", Text, primary_key=True))


class Note:
    """A row of a kind that no repository knows."""


def note(handle: Any, key: str) -> None:
    if isinstance(handle, dict):
        handle.setdefault(Note, {})[key] = key
    else:
        handle.execute(insert(NOTES).values(id=key))


def notes(handle: Any) -> list[str]:
    if isinstance(handle, dict):
        return sorted(handle.get(Note, {}))
    return sorted(handle.scalars(select(NOTES.c.id)))


@asynccontextmanager
async def opened(backend: str, folder: Path) -> AsyncIterator[tuple[Any, Any]]:
    """Give a database, and what makes units of it."""
    if backend == "memory":
        database: Any = MemoryDatabase()
        yield database, lambda **more: MemoryUnitOfWork(database, in_memory(database), **more)
        return
    async with sqlite(folder / "x.db", ALSO) if backend == "sqlite" else postgres(backend, ALSO) as database:
        yield database, lambda **more: SqlAlchemyUnitOfWork(database, mappers(database), **more)


BACKENDS = pytest.mark.parametrize("backend", ["memory", "sqlite", "asyncpg"])


def record(handle: Any, events: Sequence[DomainEvent]) -> None:
    for event in events:
        note(handle, f"{event.subject} {event.data['amount']}")


@BACKENDS
@pytest.mark.parametrize("flush", [False, True])
def test_events_are_recorded_with_the_commit_and_only_then(backend: str, flush: bool, tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(backend, tmp_path) as (database, make_unit):
            await stored(make_unit, Account("a"))
            async with make_unit(record=record) as unit:
                (await get(unit, "a")).pay(1)
                if flush:
                    await unit.flush()
                assert await database.read("look", notes) == []
                (await get(unit, "a")).pay(2)
                assert await unit.commit() == Ok(None)
            assert await database.read("look", notes) == ["a 1", "a 2"]
            async with make_unit(record=record) as unit:
                (await get(unit, "a")).pay(3)
                if flush:
                    await unit.flush()
            assert await database.read("look", notes) == ["a 1", "a 2"]

    run(main())


@BACKENDS
def test_what_cannot_be_recorded_is_not_committed(backend: str, tmp_path: Path) -> None:
    def refuse(handle: Any, events: Sequence[DomainEvent]) -> None:
        note(handle, "x")
        raise Refused(Unusable("record"))

    async def main() -> None:
        async with opened(backend, tmp_path) as (database, make_unit):
            await stored(make_unit, Account("a"))
            async with make_unit(record=refuse) as unit:
                (await get(unit, "a")).pay(1)
                assert await unit.commit() == Err(Unusable("record"))
            assert await seen(make_unit) == {"a": 0}
            assert await database.read("look", notes) == []

    run(main())


@BACKENDS
def test_other_rows_are_written_and_read_inside_the_unit(backend: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(backend, tmp_path) as (database, make_unit):
            await stored(make_unit, Account("a"))
            for committing in (False, True):
                async with make_unit() as unit:
                    (await get(unit, "a")).balance = 5
                    await unit.execute("note", lambda handle: note(handle, "n"))
                    assert await unit.execute("look", notes) == ["n"]
                    assert await database.read("look", notes) == []
                    if committing:
                        assert await unit.commit() == Ok(None)
            assert await database.read("look", notes) == ["n"]
            assert await seen(make_unit) == {"a": 5}

    run(main())


@BACKENDS
def test_work_that_is_refused_ends_the_unit(backend: str, tmp_path: Path) -> None:
    def refuse(handle: Any) -> None:
        raise Refused(Duplicate("n", "id"))

    async def main() -> None:
        async with opened(backend, tmp_path) as (_, make_unit):
            await stored(make_unit, Account("a"))
            async with make_unit() as unit:
                (await get(unit, "a")).balance = 5
                with pytest.raises(Refused):
                    await unit.execute("note", refuse)
                with pytest.raises(UnitMisused):
                    await unit.commit()
            assert await seen(make_unit) == {"a": 0}

    run(main())
