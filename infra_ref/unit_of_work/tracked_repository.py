"""A repository inside a unit of work: reads through the identity map, writes at the flush."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from infra_ref.repository.port import (
    EVERYTHING,
    Conflict,
    Database,
    Duplicate,
    Mapper,
    Missing,
    Query,
    Refused,
    Specification,
)
from infra_ref.repository.stored_repository import StoredRepository
from infra_ref.unit_of_work.tracking import Tracked, Tracking

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")


class Unit(Protocol):
    """What a unit of work lends to its repositories."""

    tracking: Tracking

    def check_use(self) -> None:
        """Raise UnitMisused unless the unit may be used now, by this task."""
        ...

    async def read(self, doing: str, work: Callable[[Any], R]) -> R:
        """Read where the unit is: in its transaction, if it has one."""
        ...

    async def write_changes(self) -> None:
        """Flush; raises Refused."""
        ...


class TrackedRepository(StoredRepository[T, K]):
    """A `QueryableRepository` whose entities a unit of work tracks."""

    def __init__(self, unit: Unit, database: Database[Any], mapper: Mapper[T, Any]) -> None:
        super().__init__(database, mapper)
        self._unit, self._tracking = unit, unit.tracking

    async def _get(self, key: K) -> T | None:
        self._unit.check_use()
        if (one := self._tracking.find(self.schema, key)) is not None and not one.gone:
            return None if one.removed else one.entity
        found = await self._unit.read(
            f"read {self.schema.name}", lambda handle: self._mapper.get(handle, key)
        )
        return None if found is None else self._tracking.loaded(self.schema, [found])[0]

    async def _select(self, query: Query, also: Specification = EVERYTHING) -> list[T]:
        found = await self._asked(lambda handle: self._mapper.select(handle, query, also))
        return self._tracking.loaded(self.schema, found)

    async def _count(self, spec: Specification) -> int:
        return await self._asked(lambda handle: self._mapper.count(handle, spec))

    async def _insert(self, entities: Sequence[T]) -> list[T]:
        self._unit.check_use()
        known = [self._tracking.find(self.schema, self.schema.key_of(entity)) for entity in entities]
        if any(one is not None and one.removed and one.version is not None for one in known):
            await self._unit.write_changes()  # the old row must go before a new one can have its key
        seen = set[Any]()
        for entity, one in zip(entities, known, strict=True):
            key = self.schema.key_of(entity)
            if key in seen or (one is not None and not one.removed):
                raise Refused(Duplicate(key, self.schema.key))
            seen.add(key)
        for entity in entities:
            self._tracking.keep(Tracked(self.schema, entity, version=None, state=None))
        return list(entities)

    async def _update(self, entities: Sequence[T]) -> list[T]:
        self._unit.check_use()
        known = [self._tracking.find(self.schema, self.schema.key_of(entity)) for entity in entities]
        for entity, one in zip(entities, known, strict=True):
            if one is not None and one.removed:
                raise Refused(Missing(self.schema.key_of(entity)))
            self._check_version(one, entity)
        for entity, one in zip(entities, known, strict=True):
            if one is None:
                self._tracking.keep(Tracked(self.schema, entity, self.schema.version_of(entity), state=None))
            else:
                one.entity = entity
        return list(entities)

    async def _delete(self, versions: Mapping[K, int | None]) -> None:
        self._unit.check_use()
        chosen: list[Tracked] = []
        for key, version in versions.items():
            await self._get(key)
            one = self._tracking.find(self.schema, key)
            if one is None or one.removed:
                raise Refused(Missing(key))
            if version is not None and version != (one.version or 0):
                raise Refused(Conflict(key, version, one.version))
            chosen.append(one)
        for one in chosen:
            one.removed = True

    async def _asked(self, work: Callable[[Any], R]) -> R:
        self._unit.check_use()
        await self._unit.write_changes()
        return await self._unit.read(f"read {self.schema.name}", work)

    def _check_version(self, one: Tracked | None, entity: T) -> None:
        if one is not None and entity is not one.entity:
            version = self.schema.version_of(entity)
            if version != (one.version or 0):
                raise Refused(Conflict(self.schema.key_of(entity), version, one.version))
