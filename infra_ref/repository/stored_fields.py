"""What of a dataclass is stored: its fields of one value each, and the collection it may have."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

from infra_ref.events import DomainEvent
from infra_ref.repository.making import maker
from infra_ref.repository.scalar import SCALARS

State = tuple[Any, ...]
"""All stored values of an entity but its version, as immutable values, in the order of its fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """A stored field with one value. `kind` is its type, `optional` whether it may be None."""

    name: str
    kind: type
    optional: bool


@dataclass(frozen=True)
class Collection:
    """The field of an entity that holds a list or a tuple of dataclasses which live and die with it.

    `place` is how many stored fields the entity has before it.
    """

    field: str
    place: int
    entity: type
    fields: Mapping[str, Field]
    into: type[list[Any] | tuple[Any, ...]]
    make: Callable[[State], Any]

    @property
    def name(self) -> str:
        """The name of the class in the list."""
        return self.entity.__name__

    def values(self, child: object) -> State:
        """Return the stored values of one child."""
        return tuple(getattr(child, name) for name in self.fields)

    def columns(self, children: Sequence[Any]) -> dict[str, list[Any]]:
        """Return the stored values of all these children by field."""
        return columns_of(self.fields, children)

    def build(self, rows: Iterable[State]) -> Any:
        """Make the list or tuple of children."""
        return self.into(map(self.make, rows))

    def copy(self, children: Iterable[Any]) -> Any:
        """Make the list or tuple of copies of these children."""
        return self.build(map(self.values, children))


def stored_in(entity: type) -> tuple[dict[str, Field], Collection | None]:
    """Return the stored fields by name, and the collection; raise TypeError for what cannot be stored."""
    if not dataclasses.is_dataclass(entity):
        raise TypeError(f"{entity.__name__} is no dataclass")
    fields: dict[str, Field] = {}
    collection: Collection | None = None
    hints = typing.get_type_hints(entity)
    for name in (one.name for one in dataclasses.fields(entity)):
        kind, optional = _plain(hints[name])
        inside = typing.get_args(kind)
        if kind in SCALARS or (isinstance(kind, type) and issubclass(kind, StrEnum)):
            fields[name] = Field(name, kind, optional)
        elif inside and inside[0] is DomainEvent:
            continue  # what has happened is handed on, not stored with the entity
        elif inside and typing.get_origin(kind) in (list, tuple) and collection is None:
            children, nested = stored_in(inside[0])
            if nested is not None:
                raise TypeError(f"{entity.__name__}.{name}: a list inside a list cannot be stored")
            into, make = typing.get_origin(kind) or list, maker(inside[0], kinds_of(children))
            collection = Collection(name, len(fields), inside[0], children, into, make)
        else:
            raise TypeError(f"{entity.__name__}.{name}: {hints[name]} cannot be stored")
    return fields, collection


def kinds_of(fields: Mapping[str, Field], collection: Collection | None = None) -> dict[str, type]:
    """Return the types of all that is stored by name, in the order of the dataclass."""
    kinds = [(one.name, one.kind) for one in fields.values()]
    if collection is not None:
        kinds.insert(collection.place, (collection.field, collection.into))
    return dict(kinds)


def columns_of(fields: Iterable[str], entities: Sequence[Any]) -> dict[str, list[Any]]:
    """Return the values of all these entities by field."""
    return {name: list(map(attrgetter(name), entities)) for name in fields}


def state_of(names: tuple[str, ...], collection: Collection | None) -> Callable[[Any], State]:
    """Return a function that gives all that a change is told by: these attributes, and the collection."""
    own = attributes(names)
    if collection is None:
        return own
    children, values = attrgetter(collection.field), collection.values
    return lambda entity: (*own(entity), tuple(map(values, children(entity))))


def attributes(names: tuple[str, ...]) -> Callable[[Any], State]:
    """Return a function that gives these attributes as a tuple, also of one."""
    many: Callable[[Any], Any] = attrgetter(*names)
    if len(names) > 1:
        return many

    def one(entity: object) -> State:
        return (many(entity),)

    return one


def _plain(hint: Any) -> tuple[Any, bool]:
    """Take `X | None` apart."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inside = [one for one in typing.get_args(hint) if one is not types.NoneType]
        if len(inside) == 1:
            return inside[0], True
    return hint, False
