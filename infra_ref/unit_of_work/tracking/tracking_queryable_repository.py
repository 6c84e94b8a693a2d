"""A queryable repository in a unit of work: a query flushes, and gives the objects that the unit knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from infra_ref.repository.mapper_port import H_contra, Mapper
from infra_ref.repository.queries import Queries
from infra_ref.repository.query_port import Query
from infra_ref.repository.specification_port import Specification
from infra_ref.unit_of_work.tracking.tracking_repository import TrackingRepository

if TYPE_CHECKING:
    from infra_ref.unit_of_work.tracking.tracking_unit_of_work import TrackingUnitOfWork

T = TypeVar("T")
K = TypeVar("K")


class QueryMapper(Mapper[T, H_contra], Protocol[T, H_contra]):
    """A `Mapper` that selects rows."""

    def select_rows(self, handle: H_contra, query: Query, /) -> list[T]:
        """Return fresh entities that satisfy the query, in its order."""
        ...

    def count_rows(self, handle: H_contra, spec: Specification, /) -> int:
        """Return how many rows satisfy the specification."""
        ...


class TrackingQueryableRepository(Queries[T], TrackingRepository[T, K]):
    """A `QueryableRepository` whose entities a unit of work tracks."""

    def __init__(self, unit: TrackingUnitOfWork[Any], mapper: QueryMapper[T, Any]) -> None:
        super().__init__(unit, mapper)
        self._rows = mapper

    async def _select(self, query: Query) -> list[T]:
        found = await self._flushed(lambda handle: self._rows.select_rows(handle, query))
        return self._map.loaded(self.schema, found)

    async def _count(self, spec: Specification) -> int:
        return await self._flushed(lambda handle: self._rows.count_rows(handle, spec))
