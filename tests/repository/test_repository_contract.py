"""For every rule of the repository contracts, an adapter that breaks just that rule."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from functools import cached_property
from typing import Any

import pytest

from infra_ref.contract import Contract, run
from infra_ref.failures import Refused
from infra_ref.repository.contracts.parcels import PARCEL, Item, Parcel, ParcelContract
from infra_ref.repository.contracts.query_contract import QueryContract
from infra_ref.repository.decisions.cursor import seal
from infra_ref.repository.errors import Duplicate, Unusable
from infra_ref.repository.memory_database import MemoryDatabase, Tables
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.repository.query_port import Query, Window
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification_port import (
    EVERYTHING,
    TEXTUAL,
    AllOf,
    AnyOf,
    Compare,
    Not,
    OneOf,
    Specification,
)
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.result import Err, Ok
from tests.repository.databases import ITEMS, PARCELS, Counter, sqlite

BROKEN: dict[str, Any] = {}


def breaks(number: str) -> Callable[[type], type]:
    def wrap(kind: type) -> type:
        assert number not in BROKEN
        BROKEN[number] = kind
        return kind

    return wrap


class Base(MemoryQueryableRepository[Parcel, str]):
    def __init__(self, schema: Schema[Parcel] = PARCEL) -> None:
        super().__init__(schema)

    @property
    def rows(self) -> dict[str, Parcel]:
        return self._database.tables[self.schema.entity]


@breaks("REPO-01")
class ReturnsWhatItWasGiven(Base):
    async def create(self, entity: Parcel) -> Any:
        return (await super().create(entity)).map(lambda _: entity)


@breaks("REPO-02")
class EverythingExists(Base):
    async def exists(self, key: str) -> bool:
        return True


@breaks("REPO-03")
class SortsAsADictionaryDoes(Base):
    async def get_all(self) -> Any:
        return (await super().get_all()).map(lambda rows: sorted(rows, key=lambda row: row.id.casefold()))


@breaks("REPO-04")
class HandsOutItsOwnRows(Base):
    async def get_by_id(self, key: str) -> Any:
        self.schema.check_key(key)
        return Ok(self.rows.get(key))


@breaks("REPO-05")
class Overwrites(Base):
    async def create(self, entity: Parcel) -> Any:
        if entity.id in self.rows and entity.label is None:
            self.rows.pop(entity.id)
        return await super().create(entity)


@breaks("REPO-06")
class IsUniqueOnlyAtFirst(Base):
    async def update(self, entity: Parcel) -> Any:
        self.schema.unique = ()
        try:
            return await super().update(entity)
        finally:
            self.schema.unique = ("label",)


@breaks("REPO-07")
class TakesNoneForUnchanged(Base):
    async def update(self, entity: Parcel) -> Any:
        stored = self.rows.get(entity.id)
        if stored is not None and entity.note is None:
            entity = replace(entity, note=stored.note)
        return await super().update(entity)


@breaks("REPO-08")
class RemovesWhatIsNotThere(Base):
    async def delete(self, key: str, *, version: int | None = None) -> Any:
        return await super().delete(key, version=version) if key in self.rows else Ok(None)


@breaks("REPO-09")
class WritesTheListBeforeItLooks(Base):
    async def update(self, entity: Parcel) -> Any:
        if entity.id in self.rows:
            self.rows[entity.id] = replace(self.rows[entity.id], items=list(entity.items))
        return await super().update(entity)


@breaks("REPO-10")
class RemembersTheRemoved(Base):
    async def delete(self, key: str, *, version: int | None = None) -> Any:
        self.removed = key
        return await super().delete(key, version=version)

    async def create(self, entity: Parcel) -> Any:
        taken = getattr(self, "removed", None) == entity.id
        return Err(Duplicate(entity.id, "id")) if taken else await super().create(entity)


@breaks("REPO-11")
class RemovesAnyVersion(Base):
    async def delete(self, key: str, *, version: int | None = None) -> Any:
        return await super().delete(key)


@breaks("REPO-12")
class TakesNothingForEverything(Base):
    async def delete_many(self, keys: Iterable[str] | Mapping[str, int | None]) -> Any:
        chosen = keys if isinstance(keys, Mapping) else list(keys)
        return await super().delete_many(chosen or list(self.rows))


@breaks("REPO-13")
class CreatesOneByOne(Base):
    async def create_many(self, entities: Iterable[Parcel]) -> Any:
        given = list(entities)
        for entity in given:
            self.schema.check(entity)
        return await one_by_one(super().create_many, [[entity] for entity in given])


@breaks("REPO-14")
class UpdatesOneByOne(Base):
    async def update_many(self, entities: Iterable[Parcel]) -> Any:
        return await one_by_one(super().update_many, [[entity] for entity in entities])


@breaks("REPO-15")
class DeletesOneByOne(Base):
    async def delete_many(self, keys: Iterable[str] | Mapping[str, int | None]) -> Any:
        versions = keys if isinstance(keys, Mapping) else dict.fromkeys(keys)
        for key, version in versions.items():
            if isinstance(done := await super().delete_many({key: version}), Err):
                return done
        return Ok(len(versions))


@breaks("REPO-16")
class SendsRowByRow(SqlAlchemyQueryableRepository[Parcel, str]):
    def insert_rows(self, connection: Any, stored: Sequence[Parcel]) -> None:
        if len(stored) < 1_000:
            return super().insert_rows(connection, stored)
        for entity in stored:
            super().insert_rows(connection, [entity])
        return None


@breaks("REPO-17")
class LeavesOldItems(Base):
    def update_rows(self, tables: Tables, stored: Sequence[Parcel]) -> None:
        olds = {key: row.items for key, row in self.rows.items()}
        super().update_rows(tables, stored)
        for parcel in stored:
            parcel.items.extend(olds[parcel.id][len(parcel.items) :])


@breaks("REPO-18")
class KeepsNumbersAsJavaScriptDoes(Base):
    def insert_rows(self, tables: Tables, stored: Sequence[Parcel]) -> None:
        super().insert_rows(tables, [replace(one, weight=int(float(one.weight))) for one in stored])


@breaks("REPO-19")
class Trusts(Base):
    class Schema(Schema[Parcel]):
        def check(self, entity: Any) -> None:
            return

    def __init__(self) -> None:
        super().__init__(self.Schema(Parcel, unique=("label",)))


@breaks("REPO-20")
class LooksAndThenWrites(Base):
    async def update(self, entity: Parcel) -> Any:
        stored = self.rows.get(entity.id)
        if stored is None or stored.version != entity.version:
            return await super().update(entity)
        await asyncio.sleep(0)
        return await super().update(replace(entity, version=self.rows[entity.id].version))


@breaks("REPO-21")
class TellsTheStatement(Base):
    """Its `unreachable` is a store whose error comes through as it is."""


@breaks("QUERY-02")
class HasThreeTruths(Base):
    async def _select(self, query: Query) -> list[Parcel]:
        return await super()._select(replace(query, where=rewritten(query.where, self.unknown)))

    def unknown(self, spec: Specification) -> Specification:
        match spec:
            case Not(Compare(field)):
                return spec & Not(OneOf(field, (None,)))
        return spec


class Rewriting(Base):
    """Understands some specification otherwise, but not the one of a window."""

    async def _select(self, query: Query) -> list[Parcel]:
        where = rewritten(query.where, self.otherwise) if query.limit is None else query.where
        return await super()._select(replace(query, where=where))

    def otherwise(self, spec: Specification) -> Specification:
        raise NotImplementedError


@breaks("QUERY-01")
class ComparesWallClocks(Rewriting):
    def otherwise(self, spec: Specification) -> Specification:
        match spec:
            case Compare("sent_at", how, value):
                return Compare("sent_at", how, value.replace(tzinfo=UTC))
        return spec


@breaks("QUERY-03")
class DropsAnEmptyIn(Rewriting):
    def otherwise(self, spec: Specification) -> Specification:
        return EVERYTHING if isinstance(spec, OneOf) and not spec.values else spec


class Like(Compare):
    """LIKE as SQL has it, unescaped."""

    def matches(self, entity: object) -> bool:
        wild = "".join({"%": ".*", "_": "."}.get(one) or re.escape(one) for one in self.value)
        pattern = {"contains": f".*{wild}.*", "starts with": f"{wild}.*", "ends with": f".*{wild}"}[self.how]
        held = getattr(entity, self.field)
        return held is not None and re.fullmatch(pattern, held) is not None


@breaks("QUERY-04")
class DoesNotEscape(Rewriting):
    def otherwise(self, spec: Specification) -> Specification:
        textual = isinstance(spec, Compare) and spec.how in TEXTUAL
        return Like(spec.field, spec.how, spec.value) if textual else spec  # type: ignore[attr-defined]


@breaks("QUERY-05")
class SortsByLanguage(Base):
    async def query(self, query: Query) -> Any:
        rows = await super().query(query)
        if query.order and query.order[0].field == "note":
            return rows.map(lambda found: sorted(found, key=lambda row: row.note.casefold()))
        return rows


@breaks("QUERY-06")
class CombinesTwo(Rewriting):
    def otherwise(self, spec: Specification) -> Specification:
        return AnyOf(spec.parts[:2]) if isinstance(spec, AnyOf) else spec


@breaks("QUERY-07")
class FindsTheLast(Base):
    async def find_one_by_specification(self, spec: Specification) -> Any:
        return (await self.find_by_specification(spec)).map(lambda rows: rows[-1] if rows else None)


@breaks("QUERY-08")
class LeavesTiesAsTheyLie(Base):
    async def _select(self, query: Query) -> list[Parcel]:
        rows = await super()._select(query)
        if len(query.order) > 1 and query.limit is None:
            places = {key: n for n, key in enumerate(self.rows)}
            rows.sort(key=lambda row: places[row.id])
            for order in reversed(query.order[:-1]):
                rows.sort(key=lambda row: none_last(row, order.field), reverse=order.descending)
        return rows


@breaks("QUERY-09")
class SortsNoneFirst(Base):
    async def query(self, query: Query) -> Any:
        rows = await super().query(query)
        if not query.order:
            return rows
        return rows.map(
            lambda found: sorted(found, key=lambda row: getattr(row, query.order[0].field) is not None)
        )


@breaks("QUERY-10")
class AlwaysCounts(Base):
    async def query_paginated(self, query: Query, *, counted: bool = False) -> Any:
        return await super().query_paginated(query, counted=True)


@breaks("QUERY-11")
class ComparesTheCursorWithNull(Base):
    after: str | None = None

    async def _window(self, query: Query, after: str | None, limit: int) -> Window[Parcel]:
        self.after = after
        return await super()._window(query, after, limit)

    async def _select(self, query: Query) -> list[Parcel]:
        if self.after is not None:
            self.after, query = None, replace(query, where=rewritten(query.where, self.unknown))
        return await super()._select(query)

    def unknown(self, spec: Specification) -> Specification:
        return AnyOf(()) if isinstance(spec, OneOf) and spec.values == (None,) else spec


@breaks("QUERY-12")
class CountsRowsInItsCursor(Base):
    async def query_window(self, query: Query, *, after: str | None = None) -> Any:
        window = await super().query_window(query, after=after)
        if isinstance(window, Err):
            return window
        places: dict[str | None, int] = self.__dict__.setdefault("places", {})
        start = places.get(after, 0) if after else 0
        rows = (await super().query(replace(query, limit=None))).unwrap()
        limit = query.limit or 50
        shown = rows[start : start + limit]
        if start + limit >= len(rows):
            return Ok(Window(shown, None))
        cursor = window.value.next_cursor
        places[cursor] = start + limit
        return Ok(Window(shown, cursor))


@breaks("QUERY-13")
class ForgivesACursor(Base):
    async def query_window(self, query: Query, *, after: str | None = None) -> Any:
        window = await super().query_window(query, after=after)
        return await super().query_window(query) if isinstance(window, Err) else window


@breaks("QUERY-14")
class BendsLimits(Base):
    async def query(self, query: Query) -> Any:
        if type(query.limit) is int:
            query = replace(query, limit=min(max(query.limit, 1), 10_000))
        return await super().query(replace(query, offset=0) if query.offset == -1 else query)


@breaks("QUERY-15")
class LooksWhenItMust(Base):
    async def find_by_specification(self, spec: Specification) -> Any:
        if depth(spec) > 100:
            return await super().find_by_specification(spec)
        return Ok([self._copy(row) for _, row in sorted(self.rows.items()) if spec.matches(row)])


@breaks("QUERY-16")
class StreamsOneBatch(Base):
    async def stream(self, query: Query, *, batch: int = 1_000) -> AsyncIterator[Parcel]:
        for entity in (await super().query_window(replace(query, limit=batch))).unwrap().items:
            yield entity


@breaks("QUERY-17")
class LimitsTheJoinedRows(Base):
    async def query(self, query: Query) -> Any:
        rows, left = [], query.limit or 10_000
        for row in (await super().query(query)).unwrap():
            cut = replace(row, items=row.items[:left])
            left -= max(1, len(row.items))
            rows.append(cut)
            if left <= 0:
                break
        return Ok(rows)


class AnyVersion(Schema[Parcel]):
    def check_key(self, key: Any, version: Any = None) -> None:
        super().check_key(key)


@breaks("REPO-22")
class ComparesVersionsAsTheyCome(Base):
    def __init__(self) -> None:
        super().__init__(AnyVersion(Parcel, unique=("label",)))


@breaks("QUERY-18")
class TakesDigitsForNumbers(Base):
    async def query(self, query: Query) -> Any:
        return await super().query(query if query.limit is None else replace(query, limit=int(query.limit)))


@breaks("REPO-23")
class SendsAllKeysAtOnce(Base):
    async def delete_many(self, keys: Iterable[str] | Mapping[str, int | None]) -> Any:
        chosen = keys if isinstance(keys, Mapping) else dict.fromkeys(keys)
        return Err(Unusable("delete")) if len(chosen) > 32_767 else await super().delete_many(chosen)


@breaks("QUERY-19")
class PointsPastTheEnd(Base):
    async def _window(self, query: Query, after: str | None, limit: int) -> Window[Parcel]:
        window = await super()._window(query, after, limit)
        if window.next_cursor is None and len(window.items) == limit:
            return Window(window.items, seal(query, window.items[-1], self.schema, b""))
        return window


@breaks("QUERY-20")
class GoesAsDeepAsItCan(Base):
    async def find_by_specification(self, spec: Specification) -> Any:
        return Ok([]) if depth(spec) > 100 else await super().find_by_specification(spec)


def depth(spec: Specification) -> int:
    levels = 0
    while isinstance(spec, Not) or (isinstance(spec, AllOf) and len(spec.parts) == 1):
        spec, levels = spec.part if isinstance(spec, Not) else spec.parts[0], levels + 1
    return levels


async def one_by_one(work: Any, parts: list[list[Parcel]]) -> Any:
    done: list[Parcel] = []
    for part in parts:
        match await work(part):
            case Ok(rows):
                done += rows
            case refused:
                return refused
    return Ok(done)


def rewritten(spec: Specification, otherwise: Callable[[Specification], Specification]) -> Specification:
    match spec:
        case AllOf(parts):
            return otherwise(AllOf(tuple(rewritten(part, otherwise) for part in parts)))
        case AnyOf(parts):
            return otherwise(AnyOf(tuple(rewritten(part, otherwise) for part in parts)))
        case Not(part):
            return otherwise(Not(rewritten(part, otherwise)))
    return otherwise(spec)


def none_last(row: Parcel, field: str) -> tuple[bool, Any]:
    return getattr(row, field) is None, getattr(row, field)


class Raises(MemoryDatabase):
    async def read(self, doing: str, work: Any) -> Any:
        raise OSError("SELECT id FROM parcels WHERE id = 'secret'")

    write = read


class Bench(ParcelContract):
    @property
    def unreachable(self) -> Any:
        return MemoryQueryableRepository(PARCEL, Raises())


class CountingBench(ParcelContract):
    @cached_property
    def statements(self) -> Counter:
        return Counter()

    @asynccontextmanager
    async def make(self) -> AsyncIterator[Any]:
        async with sqlite(counter=self.statements) as database:
            yield SendsRowByRow(database, PARCEL, PARCELS, ITEMS)


def contract_of(number: str) -> tuple[type[Contract], Any]:
    if number == "REPO-16":
        return CountingBench, None
    if number == "REPO-21":
        return Bench, BROKEN[number]
    return (ParcelContract if number.startswith("REPO") else QueryContract), BROKEN[number]


@pytest.mark.parametrize("number", sorted(BROKEN))
def test_a_broken_adapter_breaks_its_rule_and_no_other(number: str) -> None:
    contract, make = contract_of(number)
    report = run(contract.verify(make))
    assert report.broken == (number,), report


def test_every_rule_has_a_broken_adapter() -> None:
    rules = [rule.number for contract in (ParcelContract, QueryContract) for rule in contract.rules()]
    assert sorted(rules) == sorted(BROKEN)


def test_a_write_that_fails_half_way_leaves_the_tables_alone() -> None:
    async def main() -> None:
        database = MemoryDatabase()

        parcels: Any = MemoryQueryableRepository(PARCEL, database)

        def half(tables: Tables) -> None:
            parcels.insert_rows(tables, [Parcel("a", items=[Item("x", 1)])])
            raise Refused(Duplicate("a", "id"))

        with pytest.raises(Refused):
            await database.write("write", half)
        assert database.tables == {Parcel: {}}

    run(main())
