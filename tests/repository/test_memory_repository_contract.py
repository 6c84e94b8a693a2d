"""`MemoryRepository` keeps every rule of a repository."""

from __future__ import annotations

from typing import ClassVar

from infra_ref.repository.contracts.parcels import PARCEL, Parcel, ParcelContract
from infra_ref.repository.memory_repository import MemoryRepository


class TestMemoryFirstLayer(ParcelContract):
    lacks: ClassVar = {
        "statements": "memory is sent no statements",
        "unreachable": "memory always answers",
    }

    def make(self) -> MemoryRepository[Parcel, str]:
        return MemoryRepository(PARCEL)
