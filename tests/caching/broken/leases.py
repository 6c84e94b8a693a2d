"""For every rule of `LeasingCacheContract`, a cache that breaks just that one."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.caching.decisions.arguments import checked_ttl
from infra_ref.caching.leasing_port import Lease
from infra_ref.caching.memory_cache import MemoryCache, _Entry
from tests.caching.broken.model import ModelCache, noting

BROKEN: dict[str, type[ModelCache]] = {}
breaks = noting(BROKEN)


@breaks("LEASE-01")
class FillsTwice(ModelCache):
    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        held = self._leases.get(lease.key)
        filled = await super().fill(lease, value, ttl=ttl)
        if filled and held is not None:
            self._leases[lease.key] = held
        return filled


@breaks("LEASE-02")
class ChecksThenActs(ModelCache):
    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        free = self._leased(key) is None
        await asyncio.sleep(0)
        if free:
            self._leases.pop(key, None)
        return await super().lease(key, seconds=seconds, live=live)


@breaks("LEASE-03")
class LeasesANone(ModelCache):
    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        entry = self._live(key)
        if entry is not None and entry.value is None and not live:
            return Lease(key, object())
        return await super().lease(key, seconds=seconds, live=live)


@breaks("LEASE-04")
class LeasedExists(ModelCache):
    async def exists(self, key: str) -> bool:
        return await super().exists(key) or self._leased(key) is not None


class _DeleteKeepsLeases(ModelCache):
    by_first: bool

    async def delete(self, key: str) -> bool:
        held = self._leases.get(key) if isinstance(key, str) and self.first is self.by_first else None
        deleted = await super().delete(key)
        if held is not None:
            self._leases[key] = held
        return deleted


@breaks("LEASE-05")
class DeleteKeepsLeases(_DeleteKeepsLeases):
    by_first = True


@breaks("LEASE-06")
class SetKeepsLeases(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        held = self._leases.get(key) if isinstance(key, str) else None
        await super().set(key, value, ttl=ttl)
        if held is not None:
            self._leases[key] = held


@breaks("LEASE-07")
class ClearKeepsLeases(ModelCache):
    async def clear(self) -> None:
        held = dict(self._leases)
        await super().clear()
        self._leases.update(held)


@breaks("LEASE-08")
class NeverLapses(ModelCache):
    def _leased(self, key: str) -> object | None:
        return self._leases.get(key, (None, 0.0))[0]


@breaks("LEASE-09")
class KeepsWhatWasGivenBack(ModelCache):
    async def release(self, lease: Lease) -> None:
        pass


@breaks("LEASE-10")
class FillsForEver(ModelCache):
    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        return await super().fill(lease, value, ttl=None if isinstance(ttl, float) else ttl)


@breaks("LEASE-11")
class HidesWhatIsReplaced(ModelCache):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.hidden: set[str] = set()

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        lease = await super().lease(key, seconds=seconds, live=live)
        if live:
            self.hidden.add(key)
        return lease

    async def get(self, key: str, default: Any = None) -> Any:
        return default if key in self.hidden else await super().get(key, default)

    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        self.hidden.discard(lease.key)
        return await super().fill(lease, value, ttl=ttl)

    async def release(self, lease: Lease) -> None:
        self.hidden.discard(lease.key)
        await super().release(lease)


@breaks("LEASE-12")
class ReplacesWhatWasDeleted(ModelCache):
    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        if isinstance(lease.token, _Entry) and self._live(lease.key) is None:
            await self.set(lease.key, value, ttl=ttl)
            return True
        return await super().fill(lease, value, ttl=ttl)


@breaks("LEASE-13")
class LastFillWins(ModelCache):
    filled: Any = None

    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        current = self._live(lease.key)
        if value == "first" and current is not None and current is self.filled:
            lease = Lease(lease.key, current)
        done = await super().fill(lease, value, ttl=ttl)
        if done:
            self.filled = self._live(lease.key)
        return done


@breaks("LEASE-14")
class ReleaseDeletes(ModelCache):
    async def release(self, lease: Lease) -> None:
        if isinstance(lease.token, _Entry):
            await MemoryCache.delete(self, lease.key)
        await super().release(lease)


@breaks("LEASE-15")
class OthersDeletesKeepLeases(_DeleteKeepsLeases):
    by_first = False


@breaks("LEASE-16")
class DamageBlocksLeases(ModelCache):
    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        return None if key in self.store.damaged else await super().lease(key, seconds=seconds, live=live)


@breaks("LEASE-17")
class KnowsByTheValue(ModelCache):
    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        current = self._live(lease.key)
        if isinstance(lease.token, _Entry) and current is not None and current.value == lease.token.value:
            lease = Lease(lease.key, current)
        return await super().fill(lease, value, ttl=ttl)


@breaks("LEASE-18")
class LeasesToTheGone(ModelCache):
    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        lease = await super().lease(key, seconds=seconds, live=live)
        await asyncio.sleep(0)
        return lease


@breaks("LEASE-19")
class LeasesForNoTime(ModelCache):
    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        if seconds == 0:
            return Lease(key, object())
        return await super().lease(key, seconds=seconds, live=live)


@breaks("LEASE-20")
class ChecksNoLateFill(ModelCache):
    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        if lease.token not in (self._leased(lease.key), self._live(lease.key)):
            return False
        return await super().fill(lease, value, ttl=ttl)


@breaks("LEASE-21")
class ChecksThenFills(ModelCache):
    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        await self.reach()
        entry = self._entry(value, checked_ttl(ttl))
        is_valid = lease.token in (self._leased(lease.key), self._live(lease.key))
        await asyncio.sleep(0)
        if is_valid:
            self._store(lease.key, entry)
        return is_valid
