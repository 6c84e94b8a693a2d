"""What the rules of a repository know of the entity: what a test says of it, and how it is varied."""

from __future__ import annotations

import copy
import dataclasses
from contextlib import suppress
from typing import Any

from infra_ref.contract import Contract, Tool, tool
from infra_ref.repository.port import Repository


class EntitiesContract(Contract):
    """The base of the rules. Entities must be equal by value."""

    samples: Any = tool("three entities with different keys, for an empty repository", required=True)
    change: Any = tool("a function that returns an entity with the same key and other values", required=True)
    key: str = "id"
    version: Any = tool("the name of the field that counts its writes, 0 before the first")
    unique: Any = tool("the name of a field that no two entities have in common, unless it is None")
    children: Any = tool("the name of the field that is a list of dataclasses, two or more in each sample")
    fields: Any = tool("a field of each type that it has: {str: 'name', int: 'cents'}")
    numbered: Any = tool("a function that makes an entity with a key of its own of a number")
    statements: Any = tool("a count of the statements that its store was sent so far")
    unreachable: Any = tool("the same repository, of a store that does not answer")

    def three(self) -> list[Any]:
        """Return fresh copies of the samples."""
        return [copy.deepcopy(one) for one in self.samples]

    async def stored(self, entities: Repository[Any, Any]) -> list[Any]:
        """Store the samples, for a rule to begin with; return them as they are stored."""
        for one in self.three():
            (await entities.create(one)).unwrap()
        return [self.as_version(one, 1) for one in self.three()]

    def key_of(self, entity: Any) -> Any:
        """Return the entity's key."""
        return getattr(entity, self.key)

    def keys(self, result: Any) -> list[Any]:
        """Return the keys of a result's entities, sorted."""
        return sorted(self.key_of(one) for one in result.unwrap())

    def as_version(self, entity: Any, version: int) -> Any:
        """Return the entity as it is after so many writes; the same if it has no version."""
        return varied(entity, **{self.version: version}) if has(self.version) else entity


def has(what: Any) -> bool:
    """Return whether the test has said what this is."""
    return not isinstance(what, Tool)


def varied(entity: Any, **values: Any) -> Any:
    """Return a copy of the entity with other values, of a frozen one as well."""
    other = copy.copy(entity)
    for name, value in values.items():
        object.__setattr__(other, name, value)
    return other


def spoil(entity: Any) -> None:
    """Change all that can be changed in the entity, lists and what is in them included."""
    for name in names_of(entity):
        if isinstance(value := getattr(entity, name), list):
            for one in value:
                spoil(one)
            value.clear()
        with suppress(Exception):  # a frozen entity, or one that checks its values, stays as it is
            setattr(entity, name, None)


def names_of(entity: Any) -> list[str]:
    """Return the names of the fields of a dataclass, or of what another object holds."""
    return (
        [one.name for one in dataclasses.fields(entity)]
        if dataclasses.is_dataclass(entity)
        else list(vars(entity))
    )
