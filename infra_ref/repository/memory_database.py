"""The tables that memory repositories share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from infra_ref.repository.schema import Schema

R = TypeVar("R")

Tables: TypeAlias = dict[type, dict[Any, Any]]
"""The rows of each entity by key. A row is an entity that is only ever replaced, never changed."""


class MemoryDatabase:
    """The tables of several repositories, gone with the process. References between them are kept."""

    def __init__(self) -> None:
        self.tables: Tables = {}
        self.schemas: dict[type, Schema[Any]] = {}

    async def read(self, doing: str, work: Callable[[Tables], R]) -> R:
        """Return what `work` returns."""
        return work(self.tables)

    async def write(self, doing: str, work: Callable[[Tables], R]) -> R:
        """Return what `work` returns; if it raises, nothing was changed."""
        draft = {entity: dict(rows) for entity, rows in self.tables.items()}
        result = work(draft)
        self.tables = draft
        return result
