"""A repository in memory: the fake for tests, held to the same contract as the real ones."""

from __future__ import annotations

from typing import TypeVar

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_mapper import MemoryMapper
from infra_ref.repository.schema import Schema
from infra_ref.repository.stored_repository import StoredRepository

T = TypeVar("T")
K = TypeVar("K")


class MemoryRepository(StoredRepository[T, K]):
    """A `QueryableRepository` of its own, or on a `MemoryDatabase` that others share.

    users: MemoryRepository[User, str] = MemoryRepository(Schema(User))
    """

    def __init__(
        self,
        schema: Schema[T],
        database: MemoryDatabase | None = None,
        *,
        cursor_secret: bytes = b"",
    ) -> None:
        super().__init__(
            database or MemoryDatabase(),
            MemoryMapper(schema),
            cursor_secret=cursor_secret,
        )
