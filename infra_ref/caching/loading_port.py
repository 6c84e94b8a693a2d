"""The port of a cache that loads what it does not have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias, TypeVar

from infra_ref.caching.port import DistributedCache

V = TypeVar("V")

Loader: TypeAlias = Callable[[], Awaitable[V]]
"""Asks the source for one value."""


class LoadingCache(DistributedCache[V], Protocol[V]):
    """A cache that loads what it does not have."""

    async def get_or_load(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        """Return the live value, or what `loader` returns, which is then stored.

        However many ask at once, one load runs. The loader's error reaches everyone
        who waits for it and is not kept. If the store is down, the loader is asked.

        Raises TypeError if what was loaded cannot be stored, RuntimeError in a
        loader that asks for its own key.
        """
        ...

    async def refresh(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        """Return what `loader` returns, and store it in place of a live value.

        Not stored if the key was set or deleted meanwhile. One load at a time, as above.
        """
        ...
