"""Schema: what a repository needs to know about an entity, read from its dataclass.

    Schema(User, unique=("email",))
    Schema(Order, references={"user_id": User})

The entity itself knows nothing of this: it is a plain dataclass. A field is
stored if it holds text, a number, a bool, a moment in time, or a list of a
second dataclass of such fields. Bad values are refused here, before any store
is asked, so that they are refused alike by all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, TypeVar

from infra_ref.repository.making import maker
from infra_ref.repository.query import Order, Query, check_limit, check_offset
from infra_ref.repository.refusal import NoKey, UnknownField, WrongType
from infra_ref.repository.scalar import surely_fit, unfit
from infra_ref.repository.specification import (
    HOW,
    AllOf,
    AnyOf,
    Compare,
    Not,
    OneOf,
    Specification,
    Text,
)
from infra_ref.repository.stored_fields import (
    Field,
    State,
    attributes,
    columns_of,
    kinds_of,
    state_of,
    stored_in,
)

T = TypeVar("T")
FEW = 4
"""So many entities are checked sooner one by one than field by field."""


class Schema(Generic[T]):
    """The stored fields of an entity, and which of them are its key and its version.

    `version` counts the writes of a row: 0 while it was never stored. None
    gives up the detection of lost updates. Raises TypeError for an entity that
    is no dataclass, lacks the key, or has a field that cannot be stored.
    """

    def __init__(
        self,
        entity: type[T],
        *,
        key: str = "id",
        version: str | None = "version",
        unique: Iterable[str] = (),
        references: Mapping[str, type] | None = None,
    ) -> None:
        self.entity, self.key, self.version = entity, key, version
        self.key_of: Callable[[T], Any] = attrgetter(key)
        """Return the entity's key."""
        self.version_of: Callable[[T], int] = attrgetter(version) if version else lambda _: 0
        """Return how often the entity was written, 0 for an entity without versions."""
        self.unique = (key, *unique)
        self.references = dict(references or {})
        self.fields, self.collection = stored_in(entity)
        self.make = maker(entity, kinds_of(self.fields, self.collection))
        """Makes an entity of all its stored values, in the order of the dataclass."""
        self._names = tuple(name for name in self.fields if name != version)
        self.state: Callable[[T], State] = state_of(self._names, self.collection)
        """Return what a change is told by."""
        self._everything: Callable[[T], State] = attributes(tuple(self.fields))
        for name in (key, version, *unique, *self.references):
            if name is not None and name not in self.fields:
                without = "; an entity without versions has version=None" if name == version else ""
                raise TypeError(f"{entity.__name__} has no stored field {name!r}{without}")

    @property
    def name(self) -> str:
        """The name of the entity's class."""
        return self.entity.__name__

    def set_version(self, entity: T, version: int) -> None:
        """Set the version in place, frozen or not: it belongs to the store, not to the domain."""
        if self.version:
            object.__setattr__(entity, self.version, version)

    def columns(self, entities: Sequence[T]) -> dict[str, list[Any]]:
        """Return the stored values by field, of all these entities, without the collection."""
        return columns_of(self.fields, entities)

    def restore(self, entity: T, state: State) -> None:
        """Put the values of `state` back into the entity."""
        for name, value in zip(self._names, state, strict=False):
            object.__setattr__(entity, name, value)
        if self.collection is not None:
            object.__setattr__(entity, self.collection.field, self.collection.build(state[-1]))

    def build(self, values: State, children: Iterable[State]) -> T:
        """Make an entity of its values in the order of `fields`, and of those of its children."""
        if self.collection is None:
            return self.make(values)
        at = self.collection.place
        return self.make((*values[:at], self.collection.build(children), *values[at:]))

    def copy(self, entity: T, *, version: int | None = None) -> T:
        """Return an entity with the same stored values that shares nothing that can change."""
        made = self.build(self._everything(entity), self.state(entity)[-1] if self.collection else ())
        if version is not None:
            self.set_version(made, version)
        return made

    def copies(self, entities: Sequence[T], versions: Iterable[int]) -> list[T]:
        """Return a copy of each, with these versions one after the other."""
        columns: dict[str, Iterable[Any]] = {**self.columns(entities)}
        if self.version:
            columns[self.version] = versions
        values = list(columns.values())
        if self.collection is not None:
            lists = map(attrgetter(self.collection.field), entities)
            values.insert(self.collection.place, map(self.collection.copy, lists))
        return list(map(self.make, zip(*values, strict=False)))

    def check_entities(self, entities: Sequence[T]) -> None:
        """Raise as `check_entity` does, for the first of them that cannot be stored."""
        if len(entities) < FEW or not self._surely_fit(entities):
            for entity in entities:
                self.check_entity(entity)

    def check_entity(self, entity: T) -> None:
        """Raise NoKey or WrongType for an entity that cannot be stored, TypeError for another class."""
        if type(entity) is not self.entity:
            raise TypeError(f"this is a repository of {self.name}, not of {type(entity).__name__}")
        if self.key_of(entity) in (None, ""):
            raise NoKey(f"{self.name} needs a value in {self.key!r} before it is stored")
        for field, value in zip(self.fields.values(), self._everything(entity), strict=True):
            self._check_value(self.name, field, value)
        if self.collection is not None:
            for child in getattr(entity, self.collection.field):
                if type(child) is not self.collection.entity:
                    raise WrongType(f"{self.name}.{self.collection.field} holds {self.collection.name} only")
                for field in self.collection.fields.values():
                    self._check_value(self.collection.name, field, getattr(child, field.name))

    def _surely_fit(self, entities: Sequence[T]) -> bool:
        if set(map(type, entities)) != {self.entity}:
            return False
        columns = self.columns(entities)
        if not _fit(self.fields, columns) or "" in columns[self.key] or None in columns[self.key]:
            return False
        if self.collection is None:
            return True
        children = list(chain.from_iterable(map(attrgetter(self.collection.field), entities)))
        ours = set(map(type, children)) <= {self.collection.entity}
        return ours and _fit(self.collection.fields, self.collection.columns(children))

    def check_key(self, key: Any) -> None:
        """Raise WrongType for a key that no row can have."""
        self._check_value(self.name, self.fields[self.key], key)

    def check_version(self, version: Any) -> None:
        """Raise WrongType for a version that no row can have; None is any."""
        if version is not None and (why := unfit(int, version)):
            raise WrongType(f"the version of {self.name} is int: {why}")

    def check_query(self, query: Query) -> None:
        """Raise a BadInput for a query that makes no sense for this entity."""
        self.check(query.where)
        for order in _orders(query.order):
            self._field(order)
        if query.limit is not None:
            check_limit(query.limit)
        check_offset(query.offset)

    def check(self, spec: Specification) -> None:
        """Raise UnknownField or WrongType for a specification that makes no sense for this entity."""
        match spec:
            case AllOf(parts) | AnyOf(parts):
                for part in parts:
                    self.check(part)
            case Not(part):
                self.check(part)
            case Compare() | OneOf() | Text():
                self._check_leaf(spec)
            case _:
                raise TypeError(
                    f"{type(spec).__name__} is not one of the specifications that every store understands; "
                    "combine where(...) with & | ~"
                )

    def _check_leaf(self, spec: Compare | OneOf | Text) -> None:
        field = self._field(spec)
        match spec:
            case Compare(_, how, _) | Text(_, how, _) if how not in HOW:
                raise WrongType(f"{how!r} is no way to compare; there are {', '.join(sorted(HOW))}")
            case Compare(name, how, None) if how != "==":
                raise WrongType(f"{self.name}.{name} {how} None: None has no order; use is_none()")
            case Text(name, how, _) if field.kind is not str:
                raise WrongType(f"{self.name}.{name} is {field.kind.__name__}: only text {how} something")
            case _:
                pass
        values = spec.values if isinstance(spec, OneOf) else (spec.value,)
        for value in values:
            if value is not None or isinstance(spec, Text):
                self._check_value(self.name, field, value)

    def _field(self, named: Compare | OneOf | Text | Order) -> Field:
        try:
            return self.fields[named.field]
        except KeyError:
            known = ", ".join(self.fields)
            raise UnknownField(f"{self.name} has no field {named.field!r}; it has {known}") from None

    def _check_value(self, owner: str, field: Field, value: Any) -> None:
        """Raise WrongType. The message tells the type and never the value, which may be a secret."""
        if value is None and field.optional:
            return
        if why := unfit(field.kind, value):
            raise WrongType(f"{owner}.{field.name} is {field.kind.__name__}: {why}")


def _orders(given: Any) -> tuple[Order, ...]:
    if isinstance(given, tuple) and all(isinstance(one, Order) for one in given):
        return given
    raise WrongType("order is a tuple of asc(...) and desc(...): order=(asc('name'),)")


def _fit(fields: Mapping[str, Field], columns: Mapping[str, Sequence[Any]]) -> bool:
    return all(surely_fit(one.kind, one.optional, columns[name]) for name, one in fields.items())
