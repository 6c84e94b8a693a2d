"""A unit of work in this process's memory, whose repositories answer queries."""

from __future__ import annotations

from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork, Tables
from infra_ref.unit_of_work.tracking.tracking_queryable_unit_of_work import TrackingQueryableUnitOfWork


class MemoryQueryableUnitOfWork(TrackingQueryableUnitOfWork[Tables], MemoryUnitOfWork):
    """A `QueryableUnitOfWork` over `MemoryQueryableRepository`s of one database."""
