"""A database in memory: rows by kind and key, all of a write or nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")
Tables = dict[type, dict[Any, Any]]


class MemoryTables:
    """A `Database` of `Tables`, whose rows are replaced and never changed."""

    def __init__(self) -> None:
        self.tables: Tables = {}

    async def read(self, doing: str, work: Callable[[Tables], R]) -> R:
        return work(self.tables)

    async def write(self, doing: str, work: Callable[[Tables], R]) -> R:
        draft = {kind: dict(rows) for kind, rows in self.tables.items()}
        result = work(draft)
        self.tables = draft
        return result
