"""The port of leases: who may fill a key."""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeVar

from infra_ref.caching.port import DistributedCache

V = TypeVar("V")


class Lease(NamedTuple):
    """The right to fill one key, as long as nobody has written or deleted it meanwhile.

    `token` means something only to the cache that gave it.
    """

    key: str
    token: object


class LeasingCache(DistributedCache[V], Protocol[V]):
    """A cache that decides who may fill a key, so that a late fill never undoes a delete.

    The idea is that of Nishtala et al., Scaling Memcache at Facebook, NSDI 2013, section 3.2.1.
    """

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        """Ask for the right to fill `key`; None if another caller has it, or the key is live.

        It lapses after that many seconds, which must be more than zero. With `live`, ask
        for the right to replace a live value: that one does not lapse, several may have
        it, and the first fill wins.
        """
        ...

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        """Store, unless the key was set, deleted, cleared or invalidated since, or the lease lapsed.

        Returns whether it was stored.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Give the right back without filling; nothing happens if it is gone already."""
        ...
