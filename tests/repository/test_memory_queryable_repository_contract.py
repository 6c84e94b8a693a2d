"""`MemoryQueryableRepository` keeps both contracts."""

from __future__ import annotations

from infra_ref.repository.contracts.parcels import PARCEL, Parcel, ParcelContract
from infra_ref.repository.contracts.query_contract import QueryContract
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository

LACKS = {
    "statements": "memory is sent no statements",
    "unreachable": "memory always answers",
}


def make() -> MemoryQueryableRepository[Parcel, str]:
    return MemoryQueryableRepository(PARCEL)


class TestMemoryRepository(ParcelContract):
    lacks = LACKS
    make = staticmethod(make)


class TestMemoryQueries(QueryContract):
    make = staticmethod(make)
