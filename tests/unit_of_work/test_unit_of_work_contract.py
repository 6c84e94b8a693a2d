"""For every rule of the unit of work, one that breaks just that rule."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from infra_ref.contract import run
from infra_ref.failures import Refused
from infra_ref.repository.errors import BadInput, Unavailable
from infra_ref.repository.memory_database import MemoryDatabase, Tables
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.repository.schema import Schema
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.queryable_unit_of_work_contract import QueryableUnitOfWorkContract
from infra_ref.unit_of_work.contracts.unit_of_work_contract import (
    ACCOUNT,
    TRANSFER,
    Account,
    Transfer,
    UnitOfWorkContract,
)
from infra_ref.unit_of_work.memory_queryable_unit_of_work import MemoryQueryableUnitOfWork
from infra_ref.unit_of_work.memory_unit_of_work import MemoryTransaction, MemoryUnitOfWork
from infra_ref.unit_of_work.port import EventsNotPublished, MakeUnit
from infra_ref.unit_of_work.sqlalchemy_unit_of_work import SqlAlchemyUnitOfWork
from infra_ref.unit_of_work.tracking.identity_map import Changes, IdentityMap, Snapshot
from infra_ref.unit_of_work.tracking.tracking_queryable_repository import TrackingQueryableRepository
from infra_ref.unit_of_work.tracking.tracking_repository import TrackingRepository
from infra_ref.unit_of_work.tracking.tracking_unit_of_work import State
from tests.repository.databases import sqlite
from tests.unit_of_work.benches import ACCOUNTS, METADATA, SqliteFile, in_memory, mappers
from tests.unit_of_work.benches import Memory as InMemory
from tests.unit_of_work.benches import Sqlite as InSqlite

BROKEN: dict[str, type[UnitOfWorkContract]] = {}


def breaks(number: str, bench: type[Any] = InMemory) -> Callable[[type], type]:
    """Make this unit, or this bench, the one that breaks the rule."""

    def wrap(kind: type) -> type:
        assert number not in BROKEN
        is_bench = issubclass(kind, UnitOfWorkContract)
        BROKEN[number] = kind if is_bench else type(kind.__name__, (bench,), {"kind": kind})
        return kind

    return wrap


class Asking(MemoryUnitOfWork):
    """A unit whose repositories are of another kind."""

    repositories: ClassVar[type[TrackingRepository[Any, Any]]]

    def repository(self, entity: type[Any]) -> Any:
        self.check_use()
        return self.repositories(self, self.identity_map.mappers[entity])


class KnowingOtherwise(MemoryUnitOfWork):
    """A unit with another identity map."""

    maps: ClassVar[type[IdentityMap]]

    def __init__(self, database: Any, mappers: Any, **more: Any) -> None:
        super().__init__(database, mappers, **more)
        self.identity_map = self.maps(mappers)


class MappedOtherwise(InMemory):
    """A bench whose accounts are mapped otherwise."""

    accounts: ClassVar[Any]

    async def make(self) -> MakeUnit:
        database = MemoryDatabase()
        return self.units(database, [self.accounts(ACCOUNT, database), in_memory(database)[1]])


@breaks("UOW-01")
class LosesRemovals(MemoryUnitOfWork):
    async def _commit(self) -> None:
        if any(changes.new for changes in self.identity_map.changes()):
            for one in list(self.identity_map):
                self.identity_map.put(one._replace(removed=False))
        await super()._commit()


@breaks("UOW-02")
class GivesCopies(KnowingOtherwise):
    class maps(IdentityMap):  # noqa: N801
        def loaded(self, schema: Schema[Any], entities: Sequence[Any]) -> list[Any]:
            known = [self.find(schema, schema.key_of(entity)) for entity in entities]
            first = super().loaded(schema, entities)
            return [
                one if old is None else schema.copy(one, one.version)
                for one, old in zip(first, known, strict=True)
            ]


@breaks("UOW-03")
class ShowsWhatOthersMake(Asking):
    running: ClassVar[list[Any]] = []

    class repositories(TrackingRepository[Any, Any]):  # noqa: N801
        async def _all(self) -> list[Any]:
            others = [
                one
                for unit in ShowsWhatOthersMake.running
                if unit is not self._unit
                for one in unit.identity_map
            ]
            rows = await super()._all()
            return rows + [one.entity for one in others if one.version is None and not one.removed]

    async def __aenter__(self) -> Any:
        self.running.append(self)
        return await super().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        self.running.clear()
        await super().__aexit__(*error)


@breaks("UOW-04")
class SharesAConnection(MemoryUnitOfWork):
    running: ClassVar[list[Any]] = []

    async def _held(self) -> Any:
        self.running.append(transaction := await super()._held())
        return transaction

    async def read(self, doing: str, work: Any) -> Any:
        return await (self.running[-1].run if self.running else self._database.read)(doing, work)

    async def __aexit__(self, *error: object) -> None:
        if self._transaction is not None:
            self.running.clear()
        await super().__aexit__(*error)


@breaks("UOW-05")
class CommitsAnyway(MemoryUnitOfWork):
    async def __aexit__(self, *error: object) -> None:
        if error[0] is not None and self._state is State.OPEN:
            await self._commit()
        await super().__aexit__(*error)


@breaks("UOW-06")
class CommitsByItself(MemoryUnitOfWork):
    async def __aexit__(self, *error: object) -> None:
        if error[0] is None and self._state is State.OPEN:
            with suppress(BadInput):
                await self._commit()
            self.identity_map.undone()
        await super().__aexit__(*error)


@breaks("UOW-07")
class LeaksWhenCancelled(SqliteFile):
    left: ClassVar[list[Any]] = []

    class kind(SqlAlchemyUnitOfWork):  # noqa: N801
        async def __aexit__(self, *error: object) -> None:
            if error[0] is asyncio.CancelledError and self._transaction is not None:
                LeaksWhenCancelled.left.append(self._transaction)
                self._transaction = None
            await super().__aexit__(*error)

    @asynccontextmanager
    async def make(self) -> AsyncIterator[MakeUnit]:
        async with super().make() as make_unit:
            try:
                yield make_unit
            finally:
                while self.left:
                    await self.left.pop().rollback()


@breaks("UOW-08")
class WritesAllItKnows(KnowingOtherwise):
    class maps(IdentityMap):  # noqa: N801
        def changes(self) -> list[Changes]:
            for one in list(self):
                self.put(one._replace(state=None))
            return super().changes()


class RowByRow(SqlAlchemyQueryableRepository[Account, str]):
    def update_rows(self, connection: Any, stored: Sequence[Account]) -> None:
        for entity in stored:
            super().update_rows(connection, [entity])


@breaks("UOW-09")
class WritesRowByRow(InSqlite):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[MakeUnit]:
        async with sqlite(metadata=METADATA, counter=self.statements) as database:
            yield self.units(database, [RowByRow(database, ACCOUNT, ACCOUNTS), *mappers(database)[1:]])


@breaks("UOW-10")
class WritesChildrenFirst(KnowingOtherwise):
    class maps(IdentityMap):  # noqa: N801
        def __init__(self, mappers: Any) -> None:
            super().__init__(mappers)
            self.mappers = dict(reversed(self.mappers.items()))


@breaks("UOW-11")
class DoesNotFlushForQueries(Asking):
    class repositories(TrackingRepository[Any, Any]):  # noqa: N801
        async def _flushed(self, work: Any) -> Any:
            self._unit.check_use()
            return await self._unit.read("read", work)


@breaks("UOW-12")
class LeavesObjectsAsTheyAre(KnowingOtherwise):
    class maps(IdentityMap):  # noqa: N801
        def restore(self, snapshot: Snapshot) -> None:
            now = [(one, one.schema.values(one.entity)) for one, *_ in snapshot.entities]
            super().restore(snapshot)
            for one, values in now:
                for name in values.keys() - {"version"}:
                    setattr(one.entity, name, values[name])


@breaks("UOW-13")
class StaysRefused(MemoryUnitOfWork):
    async def _restore(self, *before: Any) -> None:
        state = self._state
        await super()._restore(*before)
        self._state = state


class LooksAtTheLast(MemoryQueryableRepository[Account, str]):
    def update_rows(self, tables: Tables, stored: Sequence[Account]) -> None:
        for entity in stored[:-1]:
            entity.version = tables[Account][entity.id].version + 1
        super().update_rows(tables, stored)


@breaks("UOW-14")
class ChecksTheLastRowOnly(MappedOtherwise):
    accounts = LooksAtTheLast


class RemovesAnyway(MemoryQueryableRepository[Account, str]):
    def delete_rows(self, tables: Tables, versions: Mapping[Any, int | None]) -> None:
        super().delete_rows(tables, dict.fromkeys(versions))


@breaks("UOW-15")
class RemovesAnyVersion(MappedOtherwise):
    accounts = RemovesAnyway


@breaks("UOW-16")
class CommitsTwice(MemoryUnitOfWork):
    async def commit(self) -> Any:
        return Ok(None) if self._state is State.COMMITTED else await super().commit()


@breaks("UOW-17")
class ServesAnyTask(MemoryUnitOfWork):
    def check_use(self) -> None:
        if self._task is not None:
            self._task = asyncio.current_task()
        super().check_use()


@breaks("UOW-18")
class PublishesBackwards(KnowingOtherwise):
    class maps(IdentityMap):  # noqa: N801
        def events(self) -> Any:
            return super().events()[::-1]


@breaks("UOW-19")
class PublishesWhatWasRefused(MemoryUnitOfWork):
    async def commit(self) -> Any:
        done = await super().commit()
        if isinstance(done, Err):
            await self._hand_over()
        return done


@breaks("UOW-20")
class SwallowsAFailedPublisher(MemoryUnitOfWork):
    async def _hand_over(self) -> None:
        with suppress(EventsNotPublished):
            await super()._hand_over()


class Cut(MemoryDatabase):
    def __init__(self, inner: MemoryDatabase) -> None:
        self.inner = inner

    async def read(self, doing: str, work: Any) -> Any:
        return await self.inner.read(doing, work)

    async def write(self, doing: str, work: Any) -> Any:
        await self.inner.write(doing, work)
        raise Refused(Unavailable(doing))


@breaks("UOW-21")
class TakesSilenceForFailure(InMemory):
    lacks: ClassVar[Mapping[str, str]] = {"statements": "memory is sent none", "in_use": "memory has none"}

    async def make(self) -> MakeUnit:
        self.database = MemoryDatabase()
        return self.units(self.database, in_memory(self.database))

    def cut_off(self) -> Any:
        return MemoryUnitOfWork(Cut(self.database), in_memory(self.database))


@breaks("UOW-22")
class CommitsTheRest(MemoryUnitOfWork):
    async def write_changes(self) -> None:
        try:
            await super().write_changes()
        except Refused:
            if not self._depth:
                self._state = State.OPEN
                for one in [one for one in self.identity_map if one.version is None]:
                    self.identity_map.put(one._replace(removed=True))
            raise


class Trusting(MemoryQueryableRepository[Account, str]):
    class Schema(Schema[Account]):
        def check(self, entity: Account) -> None:
            return

    def __init__(self, _: Any, database: Any) -> None:
        super().__init__(self.Schema(Account, unique=("owner",), unstored=("events",)), database)


@breaks("UOW-23")
class StoresAnything(MappedOtherwise):
    accounts = Trusting


@breaks("UOW-24")
class TakesAnyVersion(Asking):
    class repositories(TrackingRepository[Any, Any]):  # noqa: N801
        async def _update(self, entities: list[Any]) -> list[Any]:
            for entity in entities:
                if (held := await self._get(entity.id)) is not None and held is not entity:
                    entity.version = held.version
            return await super()._update(entities)


@breaks("UOW-25")
class KeepsVersions(KnowingOtherwise):
    class maps(IdentityMap):  # noqa: N801
        def undone(self) -> None:
            return


@breaks("UOW-26", SqliteFile)
class ForgetsThatAReadFailed(SqlAlchemyUnitOfWork):
    async def read(self, doing: str, work: Any) -> Any:
        return await (self._transaction.run if self._transaction else self._database.read)(doing, work)


@breaks("UOW-27")
class ForgetsTheRemoved(KnowingOtherwise):
    class maps(IdentityMap):  # noqa: N801
        def add(self, one: Any) -> None:
            super().add(one)
            self._retired.clear()


class InTurn(MemoryTransaction):
    """Merges row by row, so that a value is taken while its holder is about to give it up."""

    def _merged(self) -> Tables:
        merged = {entity: dict(rows) for entity, rows in self._database.tables.items()}
        for mapper in self._mappers:
            kind, start = mapper.schema.entity, self._start[mapper.schema.entity]
            for key, row in sorted(self.draft[kind].items()):
                if key not in start:
                    mapper.insert_rows(merged, [row])
                elif row is not start[key]:
                    mapper.update_rows(merged, [replace(row, version=merged[kind][key].version + 1)])
        return merged


@breaks("UOW-28")
class MergesRowByRow(MemoryUnitOfWork):
    async def _begin(self) -> MemoryTransaction:
        return InTurn(self._database, self.identity_map.mappers.values())


class Touching(MemoryQueryableRepository[Transfer, str]):
    def insert_rows(self, tables: Tables, stored: Sequence[Transfer]) -> None:
        super().insert_rows(tables, stored)
        for key in {one.account_id for one in stored} & tables[Account].keys():
            tables[Account][key] = replace(tables[Account][key])


@breaks("UOW-29")
class TouchesWhatIsReferredTo(InMemory):
    async def make(self) -> MakeUnit:
        database = MemoryDatabase()
        return self.units(database, [in_memory(database)[0], Touching(TRANSFER, database)])


@breaks("UOW-30")
class RemembersWhatNeverWas(KnowingOtherwise):
    class maps(IdentityMap):  # noqa: N801
        def loaded(self, schema: Schema[Any], entities: Sequence[Any]) -> list[Any]:
            known = [self.find(schema, schema.key_of(entity)) for entity in entities]
            loaded = super().loaded(schema, entities)
            return [
                old.entity if old is not None and old.gone else one
                for one, old in zip(loaded, known, strict=True)
            ]


@breaks("UOW-31", SqliteFile)
class HoldsOnAfterARefusal(SqlAlchemyUnitOfWork):
    async def _end(self, state: State) -> None:
        if self._transaction is None or state is not State.REFUSED or self.__dict__.get("left"):
            await super()._end(state)

    async def __aexit__(self, *error: object) -> None:
        self.left = True
        await super().__aexit__(*error)


class Queryable(QueryableUnitOfWorkContract, InMemory): ...


@breaks("UOW-32", Queryable)
class QueriesWhatIsStored(MemoryQueryableUnitOfWork):
    class repositories(TrackingQueryableRepository[Any, Any]):  # noqa: N801
        async def _select(self, query: Any) -> list[Any]:
            self._unit.check_use()
            rows = await self._unit.read("read", lambda handle: self._rows.select_rows(handle, query))
            return self._map.loaded(self.schema, rows)

    def repository(self, entity: type[Any]) -> Any:
        mapper: Any = self.identity_map.mappers[entity]
        return self.repositories(self, mapper)


@pytest.mark.parametrize("number", sorted(BROKEN))
def test_a_broken_unit_breaks_its_rule_and_no_other(number: str) -> None:
    report = run(BROKEN[number].verify())
    assert report.broken == (number,), report


def test_every_rule_has_a_broken_unit() -> None:
    assert [rule.number for rule in QueryableUnitOfWorkContract.rules()] == sorted(BROKEN)
