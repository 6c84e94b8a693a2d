"""What a unit of work knows of its entities: each one once, and how it was when last read or written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from infra_ref.events import DomainEvent
from infra_ref.repository.mapper_port import Mapper, Schema
from infra_ref.unit_of_work.port import UnitMisused

T = TypeVar("T")
State: TypeAlias = tuple[dict[str, Any], list[dict[str, Any]]]
"""All stored values of an entity, and those of its children."""


class Entry(NamedTuple):
    """One entity. `version` is that of its row, None without one; `state` is the row's, None if not known.

    `first_version` is what the entity came with, and gets back if the unit is undone.
    """

    schema: Schema[Any]
    entity: Any
    version: int | None
    state: State | None
    first_version: int
    removed: bool = False

    @property
    def gone(self) -> bool:
        """Whether it is removed and has no row in this unit; a row with its key is another's."""
        return self.removed and self.version is None

    @property
    def change(self) -> Literal["new", "changed", "removed"] | None:
        """What there is to write."""
        if self.removed:
            return "removed" if self.version is not None else None
        if self.version is None:
            return "new"
        return "changed" if state_of(self.schema, self.entity) != self.state else None

    @property
    def events(self) -> list[DomainEvent]:
        """The entity's own list of what has happened to it."""
        held = getattr(self.entity, "events", None)
        return held if isinstance(held, list) else []


class Changes(NamedTuple):
    """What there is to write of one kind of entity."""

    mapper: Mapper[Any, Any]
    new: list[Entry]
    changed: list[Entry]
    removed: list[Entry]


class Snapshot(NamedTuple):
    """How everything was at a savepoint."""

    known: dict[type, dict[Any, Entry]]
    retired: list[Entry]
    entities: list[tuple[Entry, State, list[DomainEvent]]]


class IdentityMap:
    """Each entity of a unit by its key. Mappers are in the order of their references.

    Raises graphlib.CycleError if these form a cycle.
    """

    def __init__(self, mappers: Iterable[Mapper[Any, Any]]) -> None:
        by_entity = {mapper.schema.entity: mapper for mapper in mappers}
        graph = {
            entity: {*mapper.schema.references.values()} - {entity} for entity, mapper in by_entity.items()
        }
        order = TopologicalSorter(graph).static_order()
        self.mappers = {entity: by_entity[entity] for entity in order if entity in by_entity}
        self._known: dict[type, dict[Any, Entry]] = {entity: {} for entity in self.mappers}
        self._retired: list[Entry] = []  # removed, and their keys given to others

    def __iter__(self) -> Iterator[Entry]:
        yield from self._retired
        for known in self._known.values():
            yield from known.values()

    def find(self, schema: Schema[Any], key: Any) -> Entry | None:
        """Return what is known of the entity with this key."""
        return self._known[schema.entity].get(key)

    def put(self, one: Entry) -> None:
        """Know this of the entity from now on."""
        self._known[one.schema.entity][one.schema.key_of(one.entity)] = one

    def add(self, one: Entry) -> None:
        """Know an entity from now on that is another than the one that had its key."""
        known, key = self._known[one.schema.entity], one.schema.key_of(one.entity)
        if key in known:
            self._retired.append(known[key])
        known[key] = one

    def loaded(self, schema: Schema[T], entities: Sequence[T]) -> list[T]:
        """Return for each entity the known one with its key; if there is none, know it from now on."""
        found = []
        for entity in entities:
            if (one := self.find(schema, schema.key_of(entity))) is None or one.gone:
                version = schema.version_of(entity)
                self.add(one := Entry(schema, entity, version, state_of(schema, entity), version))
            found.append(one.entity)
        return found

    def changes(self) -> list[Changes]:
        """Compare every entity with how it was, and return what there is to write.

        Raises BadInput for one that cannot be stored as it is now.
        """
        found = []
        for entity, mapper in self.mappers.items():
            changes, name = Changes(mapper, [], [], []), mapper.schema.name
            for key, one in self._known[entity].items():
                if mapper.schema.key_of(one.entity) != key:
                    raise UnitMisused(f"the key of a {name} was changed; create a new one instead")
                if change := one.change:
                    getattr(changes, change).append(one)
            for one in (*changes.new, *changes.changed):
                mapper.schema.check(one.entity)
            if any(changes[1:]):
                found.append(changes)
        return found

    def written(self, changes: list[Changes]) -> None:
        """Take note that the changes are in the database now."""
        for _, new, changed, removed in changes:
            for one in (*new, *changed):
                version = (one.version or 0) + 1
                _set_version(one, version)
                self.put(one._replace(version=version, state=state_of(one.schema, one.entity)))
            for one in removed:
                self.put(one._replace(version=None))

    def undone(self) -> None:
        """Give the entities their versions back: what was written is not there."""
        for one in self:
            _set_version(one, one.first_version)

    def snapshot(self) -> Snapshot:
        """Return everything as it is now, to `restore` later, once."""
        known = {entity: dict(entries) for entity, entries in self._known.items()}
        entities = [(one, state_of(one.schema, one.entity), [*one.events]) for one in self]
        return Snapshot(known, [*self._retired], entities)

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back as it was, the objects themselves included."""
        self._known, self._retired = snapshot.known, snapshot.retired
        for one, state, events in snapshot.entities:
            then = one.schema.make(*state)
            for name in one.schema.stored:
                object.__setattr__(one.entity, name, getattr(then, name))  # frozen or not
            one.events[:] = events

    def events(self) -> list[DomainEvent]:
        """Return what has happened to the entities, each one's in order."""
        return [event for one in self for event in one.events]

    def forget_events(self) -> None:
        """Empty the entities' lists."""
        for one in self:
            one.events.clear()


def write(changes: list[Changes], handle: Any) -> None:
    """Write the changes: what others refer to comes first, and goes last."""
    for mapper, new, changed, _ in changes:
        mapper.insert_rows(handle, [_next(one) for one in new])
        mapper.update_rows(handle, [_next(one) for one in changed])
    for mapper, *_, removed in reversed(changes):
        mapper.delete_rows(handle, {mapper.schema.key_of(one.entity): one.version for one in removed})


def state_of(schema: Schema[T], entity: T) -> State:
    """Return all stored values as they are now."""
    return schema.values(entity), schema.child_values(entity)


def _next(one: Entry) -> Any:
    return one.schema.copy(one.entity, (one.version or 0) + 1)


def _set_version(one: Entry, version: int) -> None:
    if one.schema.version:
        object.__setattr__(one.entity, one.schema.version, version)
