"""The port of strategies: what to cache, and when to forget it."""

from __future__ import annotations

from typing import Protocol, TypeVar

from infra_ref.events import DomainEvent

V_contra = TypeVar("V_contra", contravariant=True)


class CacheStrategy(Protocol[V_contra]):
    """What to cache, for how long, under which key, and when to forget it."""

    def should_cache(self, key: str, value: V_contra) -> bool:
        """Return whether the value is worth keeping."""
        ...

    def get_ttl(self, key: str, value: V_contra) -> float | None:
        """Return for how many seconds; None for as long as the cache likes."""
        ...

    def get_key(self, prefix: str, identifier: str) -> str:
        """Return the key of `identifier` within `prefix`; no two pairs share one."""
        ...

    def should_invalidate(self, event: DomainEvent) -> bool:
        """Return whether the event makes something cached out of date."""
        ...
