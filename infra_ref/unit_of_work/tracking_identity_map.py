"""What a unit of work knows of its entities: each one once, and how it was when last read or written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import Any, NamedTuple, TypeAlias, TypeVar

from infra_ref.events import DomainEvent
from infra_ref.repository.mapper_port import Mapper, Schema
from infra_ref.unit_of_work.port import UnitMisused

T = TypeVar("T")
Values: TypeAlias = tuple[Any, ...]
Group: TypeAlias = "list[tuple[Mapper[Any, Any], list[Entry]]]"


@dataclass(slots=True)
class Entry:
    """One entity. `version` is that of its row, None without one; `state` is the row's, None if not known.

    `first_version` is what the entity came with, and gets back if the unit is undone.
    """

    schema: Schema[Any]
    entity: Any
    version: int | None
    state: Values | None
    first_version: int
    removed: bool = False

    @property
    def gone(self) -> bool:
        """Whether it is removed and has no row in this unit; a row with its key is another's."""
        return self.removed and self.version is None

    @property
    def kind(self) -> str | None:
        """What there is to write: `new`, `changed`, `removed` or None."""
        if self.removed:
            return "removed" if self.version is not None else None
        if self.version is None:
            return "new"
        return "changed" if self.schema.state(self.entity) != self.state else None

    @property
    def events(self) -> list[DomainEvent]:
        """The entity's own list of what has happened to it."""
        held = getattr(self.entity, "events", None)
        return held if isinstance(held, list) else []


@dataclass(slots=True)
class Changes:
    """What there is to write, by mapper."""

    new: Group = field(default_factory=list)
    changed: Group = field(default_factory=list)
    removed: Group = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.removed)

    def apply(self, handle: Any) -> None:
        """Write it: what others refer to comes first, and goes last."""
        for mapper, some in self.new:
            mapper.insert_rows(handle, [mapper.schema.copy(one.entity, 1) for one in some])
        for mapper, some in self.changed:
            mapper.update_rows(
                handle, [mapper.schema.copy(one.entity, (one.version or 0) + 1) for one in some]
            )
        for mapper, some in reversed(self.removed):
            mapper.delete_rows(handle, {mapper.schema.key_of(one.entity): one.version for one in some})


class Snapshot(NamedTuple):
    """How everything was at a savepoint."""

    entries: list[tuple[Entry, Entry, Values, list[DomainEvent]]]
    retired: list[Entry]


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

    def loaded(self, schema: Schema[T], entities: Sequence[T]) -> list[T]:
        """Return for each entity the known one with its key; if there is none, know it from now on."""
        for entity in entities:
            if (one := self.find(schema, schema.key_of(entity))) is None or one.gone:
                version = schema.version_of(entity)
                self.keep(Entry(schema, entity, version, schema.state(entity), version))
        return [self._known[schema.entity][schema.key_of(entity)].entity for entity in entities]

    def keep(self, one: Entry) -> None:
        """Know this entity from now on."""
        known, key = self._known[one.schema.entity], one.schema.key_of(one.entity)
        if key in known:
            self._retired.append(known[key])
        known[key] = one

    def changes(self) -> Changes:
        """Compare every entity with how it was, and return what there is to write.

        Raises BadInput for one that cannot be stored as it is now.
        """
        changes = Changes()
        for entity, mapper in self.mappers.items():
            kinds: dict[str, list[Entry]] = {"new": [], "changed": [], "removed": []}
            for key, one in self._known[entity].items():
                if mapper.schema.key_of(one.entity) != key:
                    raise UnitMisused(
                        f"the key of a {mapper.schema.name} was changed; create a new one instead"
                    )
                if kind := one.kind:
                    kinds[kind].append(one)
            for one in (*kinds["new"], *kinds["changed"]):
                mapper.schema.check(one.entity)
            for kind, some in kinds.items():
                if some:
                    getattr(changes, kind).append((mapper, some))
        return changes

    def written(self, changes: Changes) -> None:
        """Take note that the changes are in the database now."""
        for _, some in (*changes.new, *changes.changed):
            for one in some:
                one.version, one.state = (one.version or 0) + 1, one.schema.state(one.entity)
                _set_version(one, one.version)
        for _, some in changes.removed:
            for one in some:
                one.version = None

    def undone(self) -> None:
        """Give the entities their versions back: what was written is not there."""
        for one in self:
            _set_version(one, one.first_version)

    def snapshot(self) -> Snapshot:
        """Return everything as it is now, to `restore` later."""
        entries = [(one, replace(one), one.schema.state(one.entity), [*one.events]) for one in self]
        return Snapshot(entries, [*self._retired])

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back as it was, the objects themselves included."""
        self._retired = [*snapshot.retired]
        retired = {id(one) for one in self._retired}
        for known in self._known.values():
            known.clear()
        for one, then, state, events in snapshot.entries:
            one.entity, one.version = then.entity, then.version
            one.state, one.removed = then.state, then.removed
            _set_state(one.schema, one.entity, state)
            _set_version(one, one.first_version if one.version is None else one.version)
            one.events[:] = events
            if id(one) not in retired:
                self._known[one.schema.entity][one.schema.key_of(one.entity)] = one

    def events(self) -> list[DomainEvent]:
        """Return what has happened to the entities, each one's in order."""
        return [event for one in self for event in one.events]

    def forget_events(self) -> None:
        """Empty the entities' lists."""
        for one in self:
            one.events.clear()


def _set_state(schema: Schema[Any], entity: Any, state: Values) -> None:
    for name, value in zip((name for name in schema.fields if name != schema.version), state, strict=False):
        object.__setattr__(entity, name, value)  # frozen or not
    if schema.children is not None:
        field, into, child = schema.children
        made = into(child.make(dict(zip(child.fields, one, strict=True))) for one in state[-1])
        object.__setattr__(entity, field, made)


def _set_version(one: Entry, version: int) -> None:
    if one.schema.version:
        object.__setattr__(one.entity, one.schema.version, version)
