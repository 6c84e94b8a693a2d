"""The port of a repository: stored entities of one kind, by key.

`specification_port` and `query_port` add what finds entities by other fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from infra_ref.repository.errors import ReadFailure, WriteFailure
from infra_ref.result import Result

T = TypeVar("T")
K_contra = TypeVar("K_contra", contravariant=True)


class Repository(Protocol[T, K_contra]):
    """Looks like a collection of entities. An entity that you get or give is yours to change.

    Failures come back as `Err`. A caller's mistake, such as a key of the wrong
    type, raises a `BadInput` before the store is asked.
    """

    async def get_by_id(self, key: K_contra) -> Result[T | None, ReadFailure]:
        """Return the entity. A missing entity is not an error: you get `Ok(None)`."""
        ...

    async def get_all(self) -> Result[list[T], ReadFailure]:
        """Return all entities, sorted by key."""
        ...

    async def create(self, entity: T) -> Result[T, WriteFailure]:
        """Store a new entity; return it as stored, with its version. Errors: Duplicate."""
        ...

    async def update(self, entity: T) -> Result[T, WriteFailure]:
        """Replace the stored entity of the same version; return it with the next version.

        Errors: Missing; Conflict if it was changed since it was read; Duplicate.
        """
        ...

    async def delete(self, key: K_contra, *, version: int | None = None) -> Result[None, WriteFailure]:
        """Remove the entity if it has this version; None removes any. Errors: Missing, Conflict."""
        ...

    async def exists(self, key: K_contra) -> bool:
        """Return whether there is such an entity. Raises Refused with an Unavailable."""
        ...

    async def create_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        """Store all of them or, if one is refused, none."""
        ...

    async def update_many(self, entities: Iterable[T]) -> Result[list[T], WriteFailure]:
        """Replace all of them or, if one is refused, none."""
        ...

    async def delete_many(
        self, keys: Iterable[K_contra] | Mapping[K_contra, int | None]
    ) -> Result[int, WriteFailure]:
        """Remove all of them or, if one is refused, none; return how many. A mapping gives versions."""
        ...
