"""For every rule of the unit of work, one that breaks just that rule."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar

import pytest

from infra_ref.contract import run
from infra_ref.repository.memory_database import MemoryDatabase, Tables
from infra_ref.repository.memory_mapper import MemoryMapper
from infra_ref.repository.port import BadInput, Refused, Schema, Specification, Unavailable
from infra_ref.repository.sqlalchemy_mapper import SqlAlchemyMapper
from infra_ref.result import Err, Ok
from infra_ref.unit_of_work.contracts.unit_of_work_contract import (
    ACCOUNT,
    TRANSFER,
    Account,
    Transfer,
    UnitOfWorkContract,
)
from infra_ref.unit_of_work.port import EventsNotPublished, MakeUnit
from infra_ref.unit_of_work.tracked_repository import TrackedRepository
from infra_ref.unit_of_work.tracking import Changes, Memory, Tracking
from infra_ref.unit_of_work.tracking_unit_of_work import _COMMITTED, TrackingUnitOfWork
from tests.repository.databases import sqlite
from tests.unit_of_work.benches import ACCOUNTS, METADATA, SqliteFile, mappers
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


class Asking(TrackingUnitOfWork):
    """A unit whose repositories are of another kind."""

    repositories: ClassVar[type[TrackedRepository[Any, Any]]]

    def repository(self, entity: type[Any]) -> Any:
        self.check_use()
        return self.repositories(self, self._database, self.tracking.mappers[entity])


class KnowingOtherwise(TrackingUnitOfWork):
    """A unit that tracks otherwise."""

    tracks: ClassVar[type[Tracking]]

    def __init__(self, database: Any, mappers: Any, **more: Any) -> None:
        super().__init__(database, mappers, **more)
        self.tracking = self.tracks(mappers)


class MappedOtherwise(InMemory):
    """A bench whose accounts are mapped otherwise."""

    accounts: ClassVar[Any]

    async def make(self) -> MakeUnit:
        return self.units(MemoryDatabase(), [self.accounts(ACCOUNT), MemoryMapper(TRANSFER)])


@breaks("UOW-01")
class LosesRemovals(TrackingUnitOfWork):
    async def _commit(self) -> None:
        if self.tracking.changes().new:
            for one in self.tracking:
                one.removed = False
        await super()._commit()


@breaks("UOW-02")
class GivesCopies(KnowingOtherwise):
    class tracks(Tracking):  # noqa: N801
        def loaded(self, schema: Schema[Any], entities: Sequence[Any]) -> list[Any]:
            known = [self.find(schema, schema.key_of(entity)) for entity in entities]
            first = super().loaded(schema, entities)
            return [one if old is None else schema.copy(one) for one, old in zip(first, known, strict=True)]


@breaks("UOW-03")
class ShowsWhatOthersMake(Asking):
    running: ClassVar[list[Any]] = []

    class repositories(TrackedRepository[Any, Any]):  # noqa: N801
        async def _select(self, query: Any, also: Specification = Ok) -> list[Any]:  # type: ignore[assignment]
            others = [
                one for unit in ShowsWhatOthersMake.running if unit is not self._unit for one in unit.tracking
            ]
            rows = await super()._select(query, *([] if also is Ok else [also]))
            return rows + [one.entity for one in others if one.version is None and not one.removed]

    async def __aenter__(self) -> Any:
        self.running.append(self)
        return await super().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        self.running.clear()
        await super().__aexit__(*error)


@breaks("UOW-04")
class SharesAConnection(TrackingUnitOfWork):
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
class CommitsAnyway(TrackingUnitOfWork):
    async def __aexit__(self, *error: object) -> None:
        if error[0] is not None and not self._ended:
            await self._commit()
        await super().__aexit__(*error)


@breaks("UOW-06")
class CommitsByItself(TrackingUnitOfWork):
    async def __aexit__(self, *error: object) -> None:
        if error[0] is None and not self._ended:
            with suppress(BadInput):
                await self._commit()
            self.tracking.undone()
        await super().__aexit__(*error)


@breaks("UOW-07")
class LeaksWhenCancelled(SqliteFile):
    left: ClassVar[list[Any]] = []

    class kind(TrackingUnitOfWork):  # noqa: N801
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
    class tracks(Tracking):  # noqa: N801
        def changes(self) -> Changes:
            for one in self:
                one.state = None
            return super().changes()


class RowByRow(SqlAlchemyMapper[Account]):
    def update(self, connection: Any, entities: Sequence[Account]) -> None:
        for entity in entities:
            super().update(connection, [entity])


@breaks("UOW-09")
class WritesRowByRow(InSqlite):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[MakeUnit]:
        async with sqlite(metadata=METADATA, counter=self.statements) as database:
            yield self.units(database, [RowByRow(ACCOUNT, ACCOUNTS), *mappers()[1:]])


@breaks("UOW-10")
class WritesChildrenFirst(KnowingOtherwise):
    class tracks(Tracking):  # noqa: N801
        def __init__(self, mappers: Any) -> None:
            super().__init__(mappers)
            self.mappers = dict(reversed(self.mappers.items()))


@breaks("UOW-11")
class DoesNotFlushForQueries(Asking):
    class repositories(TrackedRepository[Any, Any]):  # noqa: N801
        async def _asked(self, work: Any) -> Any:
            self._unit.check_use()
            return await self._unit.read("read", work)


@breaks("UOW-12")
class LeavesObjectsAsTheyAre(KnowingOtherwise):
    class tracks(Tracking):  # noqa: N801
        def back(self, memory: Memory) -> None:
            now = [(one, one.schema.state(one.entity)) for one, *_ in memory.tracked]
            super().back(memory)
            for one, state in now:
                one.schema.restore(one.entity, state)


@breaks("UOW-13")
class StaysRefused(TrackingUnitOfWork):
    async def _back(self, point: Any, memory: Memory) -> None:
        ended = self._ended
        await super()._back(point, memory)
        self._ended = ended


class LooksAtTheLast(MemoryMapper[Account]):
    def update(self, tables: Tables, entities: Sequence[Account]) -> None:
        rows = tables.of(self.schema)
        for entity in entities[:-1]:
            entity.version = rows[entity.id].version
        super().update(tables, entities)


@breaks("UOW-14")
class ChecksTheLastRowOnly(MappedOtherwise):
    accounts = LooksAtTheLast


class RemovesAnyway(MemoryMapper[Account]):
    def delete(self, tables: Tables, versions: Mapping[Any, int | None]) -> None:
        super().delete(tables, dict.fromkeys(versions))


@breaks("UOW-15")
class RemovesAnyVersion(MappedOtherwise):
    accounts = RemovesAnyway


@breaks("UOW-16")
class CommitsTwice(TrackingUnitOfWork):
    async def commit(self) -> Any:
        return Ok(None) if self._ended == _COMMITTED else await super().commit()


@breaks("UOW-17")
class ServesAnyTask(TrackingUnitOfWork):
    def check_use(self) -> None:
        if self._task is not None:
            self._task = asyncio.current_task()
        super().check_use()


@breaks("UOW-18")
class PublishesBackwards(KnowingOtherwise):
    class tracks(Tracking):  # noqa: N801
        def take_events(self) -> Any:
            return super().take_events()[::-1]


@breaks("UOW-19")
class PublishesWhatWasRefused(TrackingUnitOfWork):
    async def commit(self) -> Any:
        done = await super().commit()
        if isinstance(done, Err):
            await self._hand_over()
        return done


@breaks("UOW-20")
class SwallowsAFailedPublisher(TrackingUnitOfWork):
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
        return self.units(self.database, [MemoryMapper(ACCOUNT), MemoryMapper(TRANSFER)])

    def cut_off(self) -> Any:
        return TrackingUnitOfWork(Cut(self.database), [MemoryMapper(ACCOUNT), MemoryMapper(TRANSFER)])


@breaks("UOW-22")
class CommitsTheRest(TrackingUnitOfWork):
    async def write_changes(self) -> None:
        try:
            await super().write_changes()
        except Refused:
            if not self._inside:
                self._ended = ""
                for one in [one for one in self.tracking if one.version is None]:
                    self.tracking.forget(one)
            raise


class Trusting(MemoryMapper[Account]):
    class Schema(Schema[Account]):
        def check_entities(self, entities: Sequence[Account]) -> None:
            return

    def __init__(self, _: Any) -> None:
        super().__init__(self.Schema(Account, unique=("owner",)))


@breaks("UOW-23")
class StoresAnything(MappedOtherwise):
    accounts = Trusting


@breaks("UOW-24")
class TakesAnyVersion(Asking):
    class repositories(TrackedRepository[Any, Any]):  # noqa: N801
        async def _update(self, entities: Sequence[Any]) -> list[Any]:
            for entity in entities:
                if (held := await self._get(entity.id)) is not None and held is not entity:
                    entity.version = held.version
            return await super()._update(entities)


@breaks("UOW-25")
class KeepsVersions(KnowingOtherwise):
    class tracks(Tracking):  # noqa: N801
        def undone(self) -> None:
            return


@breaks("UOW-26", SqliteFile)
class ForgetsThatAReadFailed(TrackingUnitOfWork):
    async def read(self, doing: str, work: Any) -> Any:
        return await (self._transaction.run if self._transaction else self._database.read)(doing, work)


@breaks("UOW-27")
class ForgetsTheRemoved(KnowingOtherwise):
    class tracks(Tracking):  # noqa: N801
        def keep(self, one: Any) -> None:
            super().keep(one)
            one.before = None


class OneByOne(Tables):
    def copy(self) -> Tables:
        made = super().copy()
        made.__class__ = OneByOne
        return made

    def replace(self, changes: Any) -> None:
        for schema, key, row in sorted(changes, key=lambda change: change[1]):
            self.remove(schema, [key]) if row is None else self.put(schema, {key: row})


@breaks("UOW-28")
class MergesRowByRow(InMemory):
    async def make(self) -> MakeUnit:
        database = MemoryDatabase()
        database.tables = OneByOne({}, {})
        return self.units(database, [MemoryMapper(ACCOUNT), MemoryMapper(TRANSFER)])


class Touching(MemoryMapper[Transfer]):
    def insert(self, tables: Tables, entities: Sequence[Transfer]) -> None:
        super().insert(tables, entities)
        accounts = MemoryMapper(ACCOUNT)
        for key in {one.account_id for one in entities}:
            if (account := accounts.get(tables, key)) is not None:
                tables.put(ACCOUNT, {key: account})


@breaks("UOW-29")
class TouchesWhatIsReferredTo(InMemory):
    async def make(self) -> MakeUnit:
        return self.units(MemoryDatabase(), [MemoryMapper(ACCOUNT), Touching(TRANSFER)])


@breaks("UOW-30")
class RemembersWhatNeverWas(KnowingOtherwise):
    class tracks(Tracking):  # noqa: N801
        def loaded(self, schema: Schema[Any], entities: Sequence[Any]) -> list[Any]:
            known = [self.find(schema, schema.key_of(entity)) for entity in entities]
            loaded = super().loaded(schema, entities)
            return [
                old.entity if old is not None and old.gone else one
                for one, old in zip(loaded, known, strict=True)
            ]


@breaks("UOW-31", SqliteFile)
class HoldsOnAfterARefusal(TrackingUnitOfWork):
    async def _end(self, how: str) -> None:
        if (
            self._ended
            and self._transaction is not None
            and how == self._ended
            and not self.__dict__.get("left")
        ):
            return
        await super()._end(how)

    async def __aexit__(self, *error: object) -> None:
        self.left = True
        await super().__aexit__(*error)


@pytest.mark.parametrize("number", sorted(BROKEN))
def test_a_broken_unit_breaks_its_rule_and_no_other(number: str) -> None:
    report = run(BROKEN[number].verify())
    assert report.broken == (number,), report


def test_every_rule_has_a_broken_unit() -> None:
    assert [rule.number for rule in UnitOfWorkContract.rules()] == sorted(BROKEN)
