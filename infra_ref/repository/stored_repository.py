"""One body for every store: the promises of the port, kept with the six verbs of a mapper."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import replace
from itertools import repeat
from typing import Any, Generic, TypeVar

from infra_ref.repository.cursor import beyond, seal
from infra_ref.repository.port import (
    DEFAULT_LIMIT,
    EVERYTHING,
    BadCursor,
    Database,
    Mapper,
    OutOfRange,
    Page,
    Query,
    ReadRefusal,
    Refused,
    Schema,
    Specification,
    Window,
    WriteRefusal,
)
from infra_ref.result import Err, Ok, Result

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")


class StoredRepository(Generic[T, K]):
    """A `QueryableRepository` on a database, by a mapper.

    `cursor_secret` signs cursors; keep it the same on all machines that serve
    the same cursors. Without one they are checked for mistakes only.
    """

    def __init__(
        self,
        database: Database[Any],
        mapper: Mapper[T, Any],
        *,
        cursor_secret: bytes = b"",
    ) -> None:
        self._database, self._mapper, self._secret = database, mapper, cursor_secret
        self.schema: Schema[T] = mapper.schema

    async def get_by_id(self, key: K) -> Result[T | None, ReadRefusal]:
        self.schema.check_key(key)
        return await _outcome(self._get(key))

    async def get_all(self) -> Result[list[T], ReadRefusal]:
        return await self.query(Query())

    async def exists(self, key: K) -> bool:
        self.schema.check_key(key)
        return await self._get(key) is not None

    async def create(self, entity: T) -> Result[T, WriteRefusal]:
        return (await self.create_many([entity])).map(_only)

    async def update(self, entity: T) -> Result[T, WriteRefusal]:
        return (await self.update_many([entity])).map(_only)

    async def delete(self, key: K, *, version: int | None = None) -> Result[None, WriteRefusal]:
        return (await self.delete_many({key: version})).map(lambda _: None)

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteRefusal]:
        return await _outcome(self._insert(self._checked(entities)))

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteRefusal]:
        return await _outcome(self._update(self._checked(entities)))

    async def delete_many(self, keys: Iterable[K] | Mapping[K, int | None]) -> Result[int, WriteRefusal]:
        versions = dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(keys)
        for key, version in versions.items():
            self.schema.check_key(key)
            self.schema.check_version(version)
        return (await _outcome(self._delete(versions))).map(lambda _: len(versions))

    async def find_by_specification(self, spec: Specification) -> Result[list[T], ReadRefusal]:
        return await self.query(Query(spec))

    async def find_one_by_specification(self, spec: Specification) -> Result[T | None, ReadRefusal]:
        return await self.query_first(Query(spec))

    async def count_by_specification(self, spec: Specification) -> Result[int, ReadRefusal]:
        self.schema.check(spec)
        return await _outcome(self._count(spec))

    async def query(self, query: Query) -> Result[list[T], ReadRefusal]:
        self.schema.check_query(query)
        return await _outcome(self._select(query))

    async def query_first(self, query: Query) -> Result[T | None, ReadRefusal]:
        return (await self.query(replace(query, limit=1))).map(_first)

    async def count(self, query: Query) -> Result[int, ReadRefusal]:
        self.schema.check_query(query)
        return await _outcome(self._count(query.where))

    async def query_paginated(self, query: Query, *, counted: bool = False) -> Result[Page[T], ReadRefusal]:
        limit = DEFAULT_LIMIT if query.limit is None else query.limit
        found = await self.query(replace(query, limit=limit))
        if isinstance(found, Err):
            return found
        page = Page(found.value, limit, query.offset)
        if not counted:
            return Ok(page)
        return (await self.count(query)).map(lambda total: replace(page, total=total))

    async def query_window(
        self, query: Query, *, after: str | None = None
    ) -> Result[Window[T], ReadRefusal | BadCursor]:
        self.schema.check_query(query)
        if query.offset:
            raise OutOfRange("a window starts at its cursor: leave offset at 0, or use query_paginated")
        return await _outcome(
            self._window(query, after, DEFAULT_LIMIT if query.limit is None else query.limit)
        )

    async def stream(self, query: Query, *, batch: int = 1_000) -> AsyncIterator[T]:
        if query.limit is not None or query.offset:
            raise OutOfRange("a stream gives all rows: leave limit and offset out, or use query")
        self.schema.check_query(replace(query, limit=batch))
        cursor = None
        while True:
            window = await self._window(query, cursor, batch)
            for entity in window.items:
                yield entity
            if (cursor := window.next_cursor) is None:
                return

    async def _window(self, query: Query, after: str | None, limit: int) -> Window[T]:
        also = EVERYTHING if after is None else beyond(query, after, self.schema, self._secret)
        # One row more than wanted tells whether there is a next window.
        rows = await self._select(replace(query, limit=limit + 1), also)
        items = rows[:limit]
        more = len(rows) > limit
        return Window(items, seal(query, items[-1], self.schema, self._secret) if more else None)

    def _checked(self, entities: Iterable[T]) -> list[T]:
        checked = list(entities)
        self.schema.check_entities(checked)
        return checked

    # What a unit of work does otherwise.

    async def _get(self, key: K) -> T | None:
        return await self._read(lambda handle: self._mapper.get(handle, key))

    async def _select(self, query: Query, also: Specification = EVERYTHING) -> list[T]:
        return await self._read(lambda handle: self._mapper.select(handle, query, also))

    async def _count(self, spec: Specification) -> int:
        return await self._read(lambda handle: self._mapper.count(handle, spec))

    async def _insert(self, entities: Sequence[T]) -> list[T]:
        await self._write(bool(entities), lambda handle: self._mapper.insert(handle, entities))
        return self.schema.copies(entities, repeat(1))

    async def _update(self, entities: Sequence[T]) -> list[T]:
        await self._write(bool(entities), lambda handle: self._mapper.update(handle, entities))
        return self.schema.copies(entities, [self.schema.version_of(entity) + 1 for entity in entities])

    async def _delete(self, versions: Mapping[K, int | None]) -> None:
        await self._write(bool(versions), lambda handle: self._mapper.delete(handle, versions))

    async def _read(self, work: Callable[[Any], R]) -> R:
        return await self._database.read(f"read {self.schema.name}", work)

    async def _write(self, anything: bool, work: Callable[[Any], None]) -> None:
        if anything:
            await self._database.write(f"write {self.schema.name}", work)


async def _outcome(work: Awaitable[R]) -> Result[R, Any]:
    try:
        return Ok(await work)
    except Refused as refused:
        return Err(refused.refusal)


def _first(entities: list[T]) -> T | None:
    return entities[0] if entities else None


def _only(entities: list[T]) -> T:
    return entities[0]
