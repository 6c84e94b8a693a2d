"""What queries add to a unit of work."""

from __future__ import annotations

from typing import Any, TypeVar

from infra_ref.repository.mapper_port import Mapper
from infra_ref.unit_of_work.tracking.tracking_queryable_repository import TrackingQueryableRepository
from infra_ref.unit_of_work.tracking.tracking_unit_of_work import H, TrackingUnitOfWork

T = TypeVar("T")


class TrackingQueryableUnitOfWork(TrackingUnitOfWork[H]):
    """A `QueryableUnitOfWork` over queryable repositories; a database's own unit is its second base."""

    def repository(self, entity: type[T]) -> TrackingQueryableRepository[T, Any]:
        self.check_use()
        mapper: Any = self.identity_map.mappers[entity]
        return TrackingQueryableRepository(self, mapper)

    def _accepted(self, mapper: Mapper[Any, H]) -> Mapper[Any, H]:
        if not hasattr(mapper, "select_rows"):
            raise TypeError(
                f"{type(mapper).__name__} of {mapper.schema.name} answers no queries: give a queryable "
                "repository of it, or take the unit of work without queries"
            )
        return mapper
