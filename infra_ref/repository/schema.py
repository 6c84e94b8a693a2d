"""Schema: what a repository needs to know about an entity, read from its dataclass.

    Schema(User, unique=("email",), unstored=("events",))
    Schema(Order, references={"user_id": User})

A field can hold text, a number, a bool, a datetime with a zone or a StrEnum; one
field can be a list or tuple of a second dataclass of such fields. Values are
checked here, before any store is asked, so every store refuses the same ones.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from infra_ref.repository.decisions.field_types import STORABLE, why_invalid
from infra_ref.repository.errors import NoKey, WrongType

T = TypeVar("T")


class Field(NamedTuple):
    """A stored field with one value. `optional`: it may be None."""

    kind: type
    optional: bool


class Schema(Generic[T]):
    """The stored fields of an entity, and which are its key and its version.

    `version` counts the writes of a row, 0 before the first; None: lost updates
    are not noticed. `references` maps fields to the entities whose keys they hold.
    `unstored` are fields that only the program uses. Raises TypeError for an
    entity that is no dataclass, lacks such a field, or has one that cannot be stored.
    """

    def __init__(
        self,
        entity: type[T],
        *,
        key: str = "id",
        version: str | None = "version",
        unique: Iterable[str] = (),
        references: Mapping[str, type] | None = None,
        unstored: Iterable[str] = (),
    ) -> None:
        self.entity, self.name, self.key, self.version = entity, entity.__name__, key, version
        self.unique, self.references = tuple(unique), dict(references or {})
        self.fields: dict[str, Field] = {}
        self.children: Children | None = None
        hints, left_out = typing.get_type_hints(entity), {*unstored}
        for one in dataclasses.fields(entity):  # type: ignore[arg-type]
            if one.name not in left_out:
                self._add(one.name, hints[one.name])
        for name in filter(None, (key, version, *self.unique, *self.references)):
            if name not in self.fields:
                without = "; write version=None for an entity without versions" if name == version else ""
                raise TypeError(f"{self.name} has no stored field {name!r}{without}")
        try:
            inspect.signature(entity).bind(**dict.fromkeys(self.stored))
        except TypeError as error:
            raise TypeError(f"{self.name} cannot be made of its stored fields: {error}") from None
        self._enums = {name: one.kind for name, one in self.fields.items() if issubclass(one.kind, StrEnum)}

    def _add(self, name: str, hint: Any) -> None:
        options = typing.get_args(hint)
        optional = len(options) == 2 and type(None) in options
        kind = options[options[0] is type(None)] if optional else hint
        if isinstance(kind, type) and (kind in STORABLE or issubclass(kind, StrEnum)):
            self.fields[name] = Field(kind, optional)
        elif kind is hint and typing.get_origin(kind) in (list, tuple) and self.key and not self.children:
            child: Schema[Any] = Schema(options[0], key="", version=None)
            self.children = Children(name, kind.__origin__, child)
        else:
            raise TypeError(
                f"{self.name}.{name}: {hint} cannot be stored; leave it out with unstored=({name!r},)"
            )

    @property
    def stored(self) -> list[str]:
        """The names of all stored fields, that of the children included."""
        return [*self.fields, *([self.children.field] if self.children else [])]

    def key_of(self, entity: T) -> Any:
        """Return the entity's key."""
        return getattr(entity, self.key)

    def version_of(self, entity: T) -> int:
        """Return how often the entity was written, 0 for an entity without versions."""
        return getattr(entity, self.version) if self.version else 0

    def values(self, entity: T) -> dict[str, Any]:
        """Return the stored values by field, without the children."""
        return {name: getattr(entity, name) for name in self.fields}

    def child_values(self, entity: T) -> list[dict[str, Any]]:
        """Return the stored values of each child, in their order."""
        if self.children is None:
            return []
        return [self.children.schema.values(child) for child in getattr(entity, self.children.field)]

    def make(self, values: Mapping[str, Any], children: Iterable[Mapping[str, Any]] = ()) -> T:
        """Return an entity made of stored values."""
        if not self._enums and not self.children:
            return self.entity(**values)
        enums = {name: kind(values[name]) for name, kind in self._enums.items() if values[name] is not None}
        made = {**values, **enums}
        if self.children:
            made[self.children.field] = self.children.into(map(self.children.schema.make, children))
        return self.entity(**made)

    def copy(self, entity: T, version: int) -> T:
        """Return the entity as that version; the copy shares nothing that can change."""
        values = self.values(entity) | ({self.version: version} if self.version else {})
        return self.make(values, self.child_values(entity))

    def to_store(self, entities: Iterable[T], version: Callable[[T], int]) -> list[T]:
        """Return checked copies with these versions."""
        for entity in (given := list(entities)):
            self.check(entity)
        return [self.copy(entity, version(entity)) for entity in given]

    def check(self, entity: Any) -> None:
        """Raise WrongType or NoKey for an entity that cannot be stored."""
        if type(entity) is not self.entity:
            raise WrongType(f"give a {self.name}, not a {type(entity).__name__}")
        if self.key and self.key_of(entity) in (None, ""):
            raise NoKey(f"{self.name} needs a value in {self.key!r} before it is stored")
        for name in self.fields:
            self.check_value(name, getattr(entity, name))
        if self.children:
            for child in getattr(entity, self.children.field):
                self.children.schema.check(child)

    def check_value(self, name: str, value: Any) -> None:
        """Raise WrongType. The message does not show the value, which may be a secret."""
        kind, optional = self.fields[name]
        if not (value is None and optional) and (why := why_invalid(kind, value)):
            raise WrongType(f"{self.name}.{name} is {kind.__name__}: {why}")

    def check_key(self, key: Any, version: int | None = None) -> None:
        """Raise WrongType for a key or a version that no row can have."""
        self.check_value(self.key, key)
        if version is not None and (why := why_invalid(int, version)):
            raise WrongType(f"the version of {self.name} is int: {why}")


class Children(NamedTuple):
    """The field that holds a list or tuple of dataclasses, which are stored and removed with the entity."""

    field: str
    into: type
    schema: Schema[Any]
