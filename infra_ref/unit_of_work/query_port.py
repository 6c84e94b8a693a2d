"""The port of a unit of work whose repositories answer queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

from infra_ref.repository.query_port import QueryableRepository
from infra_ref.unit_of_work.port import UnitOfWork

T = TypeVar("T")


class QueryableUnitOfWork(UnitOfWork, Protocol):
    """A `UnitOfWork` that answers queries."""

    def repository(self, entity: type[T]) -> QueryableRepository[T, Any]:
        """Return the unit's repository of this entity.

        Its queries flush first, so that they see what the unit has changed.
        """
        ...


MakeQueryableUnit: TypeAlias = Callable[[], QueryableUnitOfWork]
"""Gives a fresh unit, not yet entered."""
