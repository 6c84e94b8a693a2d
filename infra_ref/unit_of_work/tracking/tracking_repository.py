"""A repository inside a unit of work: reads through the identity map, writes at the flush."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from infra_ref.failures import Refused
from infra_ref.repository.errors import Conflict, Duplicate, Missing, ReadFailure, WriteFailure, outcome
from infra_ref.repository.mapper_port import Mapper
from infra_ref.result import Result
from infra_ref.unit_of_work.tracking.identity_map import Entry

if TYPE_CHECKING:
    from infra_ref.unit_of_work.tracking.tracking_unit_of_work import TrackingUnitOfWork

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")


class TrackingRepository(Generic[T, K]):
    """A `Repository` whose entities a unit of work tracks."""

    def __init__(self, unit: TrackingUnitOfWork[Any], mapper: Mapper[T, Any]) -> None:
        self.schema, self._mapper = mapper.schema, mapper
        self._unit, self._map = unit, unit.identity_map

    async def get_by_id(self, key: K) -> Result[T | None, ReadFailure]:
        return await outcome(self._get(key))

    async def get_all(self) -> Result[list[T], ReadFailure]:
        return await outcome(self._all())

    async def exists(self, key: K) -> bool:
        return await self._get(key) is not None

    async def create(self, entity: T) -> Result[T, WriteFailure]:
        return (await self.create_many([entity])).map(lambda entities: entities[0])

    async def update(self, entity: T) -> Result[T, WriteFailure]:
        return (await self.update_many([entity])).map(lambda entities: entities[0])

    async def delete(self, key: K, *, version: int | None = None) -> Result[None, WriteFailure]:
        return (await self.delete_many({key: version})).map(lambda _: None)

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        return await outcome(self._create(list(entities)))

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        return await outcome(self._update(list(entities)))

    async def delete_many(self, keys: Iterable[K] | Mapping[K, int | None]) -> Result[int, WriteFailure]:
        return await outcome(self._delete(dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(keys)))

    async def _get(self, key: K) -> T | None:
        self.schema.check_key(key)
        self._unit.check_use()
        if (one := self._map.find(self.schema, key)) is not None and not one.gone:
            return None if one.removed else one.entity
        found = await self._read(lambda handle: self._mapper.get_row(handle, key))
        return None if found is None else self._map.loaded(self.schema, [found])[0]

    async def _all(self) -> list[T]:
        return self._map.loaded(self.schema, await self._flushed(self._mapper.all_rows))

    async def _flushed(self, work: Callable[[Any], R]) -> R:
        self._unit.check_use()
        await self._unit.write_changes()
        return await self._read(work)

    async def _read(self, work: Callable[[Any], R]) -> R:
        return await self._unit.read(f"read {self.schema.name}", work)

    async def _create(self, entities: list[T]) -> list[T]:
        self._check(entities)
        keys = [self.schema.key_of(entity) for entity in entities]
        known = [self._map.find(self.schema, key) for key in keys]
        if any(one is not None and one.change == "removed" for one in known):
            await self._unit.write_changes()  # the old row must go before a new one can have its key
        taken = {key for key, one in zip(keys, known, strict=True) if one is not None and not one.removed}
        for key in keys:
            if key in taken:
                raise Refused(Duplicate(key, self.schema.key))
            taken.add(key)
        for entity in entities:
            self._map.add(Entry(self.schema, entity, None, None, self.schema.version_of(entity)))
        return entities

    async def _update(self, entities: list[T]) -> list[T]:
        self._check(entities)
        changed = []
        for entity in entities:
            key, version = self.schema.key_of(entity), self.schema.version_of(entity)
            one = self._map.find(self.schema, key) or Entry(self.schema, entity, version, None, version)
            if one.removed:
                raise Refused(Missing(key))
            if one.entity is not entity:
                self._check_version(one, version)
            changed.append(one._replace(entity=entity))
        for one in changed:
            self._map.put(one)
        return entities

    async def _delete(self, versions: Mapping[K, int | None]) -> int:
        for key, version in versions.items():
            self.schema.check_key(key, version)
        self._unit.check_use()
        removed = []
        for key, version in versions.items():
            await self._get(key)
            one = self._map.find(self.schema, key)
            if one is None or one.removed:
                raise Refused(Missing(key))
            if version is not None:
                self._check_version(one, version)
            removed.append(one._replace(removed=True))
        for one in removed:
            self._map.put(one)
        return len(removed)

    def _check(self, entities: list[T]) -> None:
        for entity in entities:
            self.schema.check(entity)
        self._unit.check_use()

    def _check_version(self, one: Entry, version: int) -> None:
        if version != (one.version or 0):
            raise Refused(Conflict(self.schema.key_of(one.entity), version, one.version))
