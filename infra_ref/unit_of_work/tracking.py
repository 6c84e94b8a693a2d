"""What a unit of work knows of its entities: each one once, and how it was when last written or read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any, TypeVar

from infra_ref.events import DomainEvent
from infra_ref.repository.port import Mapper, Schema
from infra_ref.unit_of_work.port import UnitMisused

T = TypeVar("T")


@dataclass(slots=True)
class Tracked:
    """One entity. `version` is its row's, None where there is no row; `state` is how the row is, if known.

    `before` is the removed one that had its key earlier in the unit: what has happened to it is still told.
    """

    schema: Schema[Any]
    entity: Any
    version: int | None
    state: tuple[Any, ...] | None
    first_version: int = 0
    removed: bool = False
    before: Tracked | None = None

    @property
    def gone(self) -> bool:
        """Removed, and no row of this unit's; a row that has the key is another's."""
        return self.removed and self.version is None


@dataclass(slots=True)
class Changes:
    """What there is to write, by mapper."""

    new: list[tuple[Mapper[Any, Any], list[Tracked]]] = field(default_factory=list)
    changed: list[tuple[Mapper[Any, Any], list[Tracked]]] = field(default_factory=list)
    removed: list[tuple[Mapper[Any, Any], list[Tracked]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.removed)

    def apply(self, handle: Any) -> None:
        """Write it: what others refer to comes first, and goes last."""
        for mapper, some in self.new:
            mapper.insert(handle, [one.entity for one in some])
        for mapper, some in self.changed:
            mapper.update(handle, [one.entity for one in some])
        for mapper, some in reversed(self.removed):
            mapper.delete(handle, {mapper.schema.key_of(one.entity): one.version for one in some})


class Tracking:
    """The identity map, and what has changed in it.

    Mappers are put in the order of their references; a cycle raises
    `graphlib.CycleError`.
    """

    def __init__(self, mappers: Iterable[Mapper[Any, Any]]) -> None:
        by_entity = {mapper.schema.entity: mapper for mapper in mappers}
        graph = {entity: {*mapper.schema.references.values()} for entity, mapper in by_entity.items()}
        order = TopologicalSorter(
            {entity: needs - {entity} for entity, needs in graph.items()}
        ).static_order()
        self.mappers = {entity: by_entity[entity] for entity in order if entity in by_entity}
        self._tracked: dict[type, dict[Any, Tracked]] = {entity: {} for entity in self.mappers}

    def __iter__(self) -> Iterator[Tracked]:
        for some in self._tracked.values():
            for one in some.values():
                if one.before is not None:
                    yield from _from_the_first(one.before)
                yield one

    def find(self, schema: Schema[Any], key: Any) -> Tracked | None:
        """Return what is known of the entity with this key."""
        return self._tracked[schema.entity].get(key)

    def loaded(self, schema: Schema[T], entities: Sequence[T]) -> list[T]:
        """Return for each entity the one already known by its key, or it, which is known from now on."""
        known, keys = self._tracked[schema.entity], list(map(schema.key_of, entities))
        for key, entity, state in zip(keys, entities, map(schema.state, entities), strict=True):
            if (one := known.get(key)) is None or one.gone:
                version = schema.version_of(entity)
                known[key] = Tracked(schema, entity, version, state, version, before=one)
        return [known[key].entity for key in keys]

    def keep(self, one: Tracked) -> None:
        """Know this entity from now on."""
        known, key = self._tracked[one.schema.entity], one.schema.key_of(one.entity)
        one.first_version, one.before = one.schema.version_of(one.entity), known.get(key)
        known[key] = one

    def forget(self, one: Tracked) -> None:
        """Know it no longer."""
        del self._tracked[one.schema.entity][one.schema.key_of(one.entity)]

    def changes(self) -> Changes:
        """Compare every entity with how it was, and return what there is to write.

        Raises BadInput for one that cannot be stored as it is now.
        """
        changes = Changes()
        for entity, mapper in self.mappers.items():
            kinds: dict[str, list[Tracked]] = {"new": [], "changed": [], "removed": []}
            known, schema = self._tracked[entity], mapper.schema
            if [schema.key_of(one.entity) for one in known.values()] != list(known):
                raise UnitMisused(f"the key of a {schema.name} was changed; create a new one instead")
            for one in known.values():
                if kind := _kind(one):
                    kinds[kind].append(one)
            written = [*kinds["new"], *kinds["changed"]]
            schema.check_entities([one.entity for one in written])
            for one in written:
                schema.set_version(one.entity, one.version or 0)
            for kind, some in kinds.items():
                if some:
                    getattr(changes, kind).append((mapper, some))
        return changes

    def written(self, changes: Changes) -> None:
        """Take note that the changes are in the database now."""
        for _, some in (*changes.new, *changes.changed):
            for one in some:
                one.version = (one.version or 0) + 1
                one.state = one.schema.state(one.entity)
                one.schema.set_version(one.entity, one.version)
        for _, some in changes.removed:
            for one in some:
                one.version = None

    def undone(self) -> None:
        """Give the entities their versions back, for what was written is not there."""
        for one in self:
            one.schema.set_version(one.entity, one.first_version)

    def remember(self) -> Memory:
        """Return all as it is now, to go `back` to."""
        return Memory([(one, _copy(one), one.schema.state(one.entity), list(_events(one))) for one in self])

    def back(self, memory: Memory) -> None:
        """Put all back as it was, the objects themselves included."""
        for some in self._tracked.values():
            some.clear()
        for one, then, state, events in memory.tracked:
            for name in ("entity", "version", "state", "removed", "first_version"):
                setattr(one, name, getattr(then, name))
            one.schema.restore(one.entity, state)
            self._tracked[one.schema.entity][one.schema.key_of(one.entity)] = one
            one.schema.set_version(one.entity, one.version if one.version is not None else one.first_version)
            if isinstance(held := _events(one), list):
                held[:] = events

    def take_events(self) -> list[DomainEvent]:
        """Return what the entities say has happened, and empty their lists."""
        events: list[DomainEvent] = []
        for one in self:
            if held := _events(one):
                events += held
                if isinstance(held, list):
                    held.clear()
        return events


@dataclass(frozen=True, slots=True)
class Memory:
    """How everything was at a savepoint."""

    tracked: Sequence[tuple[Tracked, Tracked, tuple[Any, ...], list[DomainEvent]]]


def _kind(one: Tracked) -> str | None:
    if one.removed:
        return "removed" if one.version is not None else None
    if one.version is None:
        return "new"
    return "changed" if one.schema.state(one.entity) != one.state else None


def _from_the_first(last: Tracked) -> Iterator[Tracked]:
    line = [last]
    while (before := line[-1].before) is not None:
        line.append(before)
    return reversed(line)


def _copy(one: Tracked) -> Tracked:
    return Tracked(one.schema, one.entity, one.version, one.state, one.first_version, one.removed)


def _events(one: Tracked) -> Sequence[DomainEvent]:
    events: Sequence[DomainEvent] = getattr(one.entity, "events", ())
    return events
