"""A small cache in this process in front of one that all share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Generic, TypeVar, cast

from infra_ref.caching.leasing_port import LeasingCache
from infra_ref.caching.port import DistributedCache

V = TypeVar("V")
D = TypeVar("D")

_MISS = object()
_LEASE_SECONDS = 60.0


class TwoLevelCache(Generic[V]):
    """A `DistributedCache` of two.

    What one process writes or deletes, another may still answer from its own
    `local` for up to `local_seconds`, and any of them a value that is that long
    past its time to live: choose it as the staleness you can bear.
    Writes go to `shared` and only void the local copy, so that two writers
    never leave different values in the two levels.
    """

    lacks: ClassVar[Mapping[str, str]] = {
        "another": "another instance may answer from its own memory for up to local_seconds"
    }

    def __init__(self, local: LeasingCache[V], shared: DistributedCache[V], *, local_seconds: float) -> None:
        self.local, self.shared, self._local_seconds = local, shared, local_seconds

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        value = await self.local.get(key, _MISS)
        if value is _MISS:
            return (await self._fetch([key])).get(key, default)
        return cast(V, value)

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        try:
            await self.shared.set(key, value, ttl=ttl)
        finally:
            await self.local.delete(key)

    async def delete(self, key: str) -> bool:
        # Shared first: a reader in between may still fetch the old value, and loses its lease for it.
        try:
            return await self.shared.delete(key)
        finally:
            await self.local.delete(key)

    async def exists(self, key: str) -> bool:
        return await self.local.exists(key) or await self.shared.exists(key)

    async def clear(self) -> None:
        try:
            await self.shared.clear()
        finally:
            await self.local.clear()

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        keys = list(dict.fromkeys(keys))
        found = await self.local.get_multiple(keys)
        if missing := [key for key in keys if key not in found]:
            found |= await self._fetch(missing)
        return {key: found[key] for key in keys if key in found}

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        try:
            await self.shared.set_multiple(items, ttl=ttl)
        finally:
            await self.local.delete_multiple(items)

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        keys = list(keys)
        try:
            return await self.shared.delete_multiple(keys)
        finally:
            await self.local.delete_multiple(keys)

    async def invalidate_pattern(self, pattern: str) -> int:
        try:
            return await self.shared.invalidate_pattern(pattern)
        finally:
            await self.local.invalidate_pattern(pattern)

    async def _fetch(self, keys: list[str]) -> dict[str, V]:
        """Read from the shared one and keep a local copy, unless the key is deleted meanwhile."""
        asked = [await self.local.lease(key, seconds=_LEASE_SECONDS) for key in keys]
        leases = [lease for lease in asked if lease is not None]
        try:
            found = await self.shared.get_multiple(keys)
            for lease in leases:
                if lease.key in found:
                    await self.local.fill(lease, found[lease.key], ttl=self._local_seconds)
            return found
        finally:
            for lease in leases:
                await self.local.release(lease)
