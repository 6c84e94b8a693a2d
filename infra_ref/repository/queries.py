"""The second and third layer of every repository, on the two reads of its store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Generic, TypeVar

from infra_ref.repository.decisions.cursor import beyond, seal
from infra_ref.repository.decisions.query_check import checked
from infra_ref.repository.errors import ReadFailure, outcome
from infra_ref.repository.query_port import DEFAULT_LIMIT, BadCursor, OutOfRange, Page, Query, Window
from infra_ref.repository.schema import Schema
from infra_ref.repository.specification_port import EVERYTHING, Specification
from infra_ref.result import Err, Ok, Result

T = TypeVar("T")
R = TypeVar("R")


class Queries(Generic[T]):
    """Adds `find_by_specification`, `query` and the like to a repository.

    `cursor_secret` signs cursors; keep it the same on all machines that serve the
    same cursors. An empty one only guards against mistakes.
    """

    schema: Schema[T]
    cursor_secret = b""

    async def _select(self, query: Query) -> list[T]:
        """Return the entities of a query whose order is total. Raises Refused."""
        raise NotImplementedError

    async def _count(self, spec: Specification) -> int:
        raise NotImplementedError

    async def find_by_specification(self, spec: Specification) -> Result[list[T], ReadFailure]:
        return await self.query(Query(spec))

    async def find_one_by_specification(self, spec: Specification) -> Result[T | None, ReadFailure]:
        return await self.query_first(Query(spec))

    async def count_by_specification(self, spec: Specification) -> Result[int, ReadFailure]:
        return await self.count(Query(spec))

    async def query(self, query: Query) -> Result[list[T], ReadFailure]:
        return await outcome(self._select(checked(self.schema, query)))

    async def query_first(self, query: Query) -> Result[T | None, ReadFailure]:
        found = await self.query(replace(query, limit=1))
        return found if isinstance(found, Err) else Ok(next(iter(found.value), None))

    async def count(self, query: Query) -> Result[int, ReadFailure]:
        return await outcome(self._count(checked(self.schema, query).where))

    async def query_paginated(self, query: Query, *, counted: bool = False) -> Result[Page[T], ReadFailure]:
        limit = DEFAULT_LIMIT if query.limit is None else query.limit

        def page(items: list[T]) -> Page[T]:
            return Page(items, limit, query.offset)

        found = await self.query(replace(query, limit=limit))
        if isinstance(found, Err) or not counted:
            return found.map(page)
        return (await self.count(query)).map(lambda total: replace(page(found.value), total=total))

    async def query_window(
        self, query: Query, *, after: str | None = None
    ) -> Result[Window[T], ReadFailure | BadCursor]:
        query = checked(self.schema, query)
        if query.offset:
            raise OutOfRange("a window starts at its cursor: leave offset at 0, or use query_paginated")
        return await outcome(self._window(query, after, query.limit or DEFAULT_LIMIT))

    async def stream(self, query: Query, *, batch: int = 1_000) -> AsyncIterator[T]:
        if query.limit is not None or query.offset:
            raise OutOfRange("a stream gives all rows: leave limit and offset out, or use query")
        query = checked(self.schema, replace(query, limit=batch))
        cursor = None
        while True:
            window = await self._window(query, cursor, batch)
            for entity in window.items:
                yield entity
            if (cursor := window.next_cursor) is None:
                return

    async def _window(self, query: Query, after: str | None, limit: int) -> Window[T]:
        also = EVERYTHING if after is None else beyond(query, after, self.schema, self.cursor_secret)
        # One row more than wanted tells whether there is a next window.
        rows = await self._select(replace(query, where=query.where & also, limit=limit + 1))
        if len(rows) <= limit:
            return Window(rows, None)
        return Window(rows[:limit], seal(query, rows[limit - 1], self.schema, self.cursor_secret))
