"""What to cache of one kind of entity, and which events make it stale."""

from __future__ import annotations

import random
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote

from infra_ref.caching.decisions.arguments import checked_ttl
from infra_ref.events import DomainEvent

V = TypeVar("V")


@dataclass(frozen=True, kw_only=True)
class EntityStrategy(Generic[V]):
    """A `CacheStrategy` for things that are loaded by id and changed by events.

    `ttl` is in seconds, None for as long as the cache likes. `jitter` spreads
    it by that share either way, so that what was stored together does not
    expire together. `stale_after` are the types of the events that make a
    cached one out of date; their `subject` is its id. `worth_it` returns whether a
    value is worth keeping; without it, all are.
    """

    ttl: float | None
    jitter: float = 0.1
    stale_after: AbstractSet[str] = frozenset()
    worth_it: Callable[[str, V], bool] = lambda key, value: True
    random: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        checked_ttl(self.ttl)
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter is a share of the ttl, 0 to 1, not {self.jitter}")

    def should_cache(self, key: str, value: V) -> bool:
        """Return what `worth_it` returns."""
        return self.worth_it(key, value)

    def get_ttl(self, key: str, value: V) -> float | None:
        """Return `ttl`, give or take `jitter`."""
        return None if self.ttl is None else self.ttl * self.random.uniform(1 - self.jitter, 1 + self.jitter)

    def get_key(self, prefix: str, identifier: str) -> str:
        """Return `prefix:identifier`, with the prefix quoted so that no two pairs give one key."""
        return quote(prefix, safe="") + ":" + identifier

    def should_invalidate(self, event: DomainEvent) -> bool:
        """Return whether the event's type is one of `stale_after`."""
        return event.type in self.stale_after
