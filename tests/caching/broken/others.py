"""For every rule of the smaller contracts, an adapter that breaks just that one."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from infra_ref.caching.cache_invalidator import CacheInvalidator
from infra_ref.caching.decorators.fail_safe_cache import FailSafeCache
from infra_ref.caching.decorators.stale_cache import StaleCache
from infra_ref.caching.entity_strategy import EntityStrategy
from infra_ref.caching.leasing_port import Lease
from infra_ref.caching.port import CacheUnavailable
from infra_ref.events import DomainEvent
from tests.caching.broken.model import noting

BROKEN: dict[str, Any] = {}
breaks = noting(BROKEN)


# Stale values


@breaks("STALE-01")
class WaitsForItsRefresh(StaleCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        before = set(self._refreshes.values())
        value = await super().get_or_load(key, loader, ttl=ttl)
        if begun := set(self._refreshes.values()) - before:
            await asyncio.wait(begun, timeout=0.6)
        return value


@breaks("STALE-02")
class RefreshesTwice(StaleCache[Any]):
    async def _refresh_quietly(self, key: str, loader: Any, ttl: float | None) -> None:
        await super()._refresh_quietly(key, loader, ttl)
        if loader.values == ["new"]:
            await super()._refresh_quietly(key, loader, ttl)


@breaks("STALE-03")
class ForgetsOnErrors(StaleCache[Any]):
    async def _refresh_quietly(self, key: str, loader: Any, ttl: float | None) -> None:
        await super()._refresh_quietly(key, loader, ttl)
        if key in self._paused and len(loader.values) == 1:
            await self.delete(key)


@breaks("STALE-04")
class NeverTriesAgain(StaleCache[Any]):
    def _refresh_soon(self, key: str, loader: Any, ttl: float | None) -> None:
        if key not in self._paused:
            super()._refresh_soon(key, loader, ttl)


@breaks("STALE-05")
class StaleForEver(StaleCache[Any]):
    def _kept_for(self, ttl: float | None) -> float | None:
        return None


@breaks("STALE-06")
class RefreshOvertakesADelete(StaleCache[Any]):
    async def refresh(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        value = await loader()
        await self.set(key, value, ttl=ttl)
        return value


@breaks("STALE-07")
class ReadsStaleValues(StaleCache[Any]):
    async def exists(self, key: str) -> bool:
        return await self._aged.get(key) is not None


@breaks("STALE-08")
class LeavesRefreshesBehind(StaleCache[Any]):
    async def aclose(self) -> None:
        pass


@breaks("STALE-09")
class BelievesTheWallClock(StaleCache[Any]):
    def _fresh(self, aged: Any) -> bool:
        return aged.fresh_for is None or self._clock.now().timestamp() < aged.stored_at + aged.fresh_for


# Outages


@breaks("SAFE-01")
class CountsNoReads(FailSafeCache[Any]):
    async def exists(self, key: str) -> bool:
        found = await super().exists(key)
        self.missed_reads = min(self.missed_reads, 2)
        return found


@breaks("SAFE-02")
class CountsNoClears(FailSafeCache[Any]):
    async def clear(self) -> None:
        before = self.dropped_writes
        await super().clear()
        self.dropped_writes = before


@breaks("SAFE-03")
class OwesForReads(FailSafeCache[Any]):
    async def get(self, key: str, default: Any = None) -> Any:
        before = self.missed_reads
        found = await super().get(key, default)
        if self.missed_reads > before:
            self._owed[key] = object()
        return found


@breaks("SAFE-04")
class ForgetsDeletes(FailSafeCache[Any]):
    async def delete_multiple(self, keys: Iterable[str]) -> int:
        keys = list(keys)
        gone = await super().delete_multiple(keys)
        if len(keys) == 1:
            self._owed.clear()
        return gone


@breaks("SAFE-05")
class ForgetsSets(FailSafeCache[Any]):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        owed = dict(self._owed)
        await super().set(key, value, ttl=ttl)
        self._owed = owed if key not in owed else self._owed


@breaks("SAFE-06")
class ForgetsPatterns(FailSafeCache[Any]):
    def _owe(self, keys: Iterable[str] = (), *, patterns: Iterable[str] = ()) -> None:
        super()._owe(keys, patterns=patterns)
        if "user:*" in patterns:
            self._owed_patterns.clear()


@breaks("SAFE-07")
class OwesForEver(FailSafeCache[Any]):
    async def _settle(self, keys: Iterable[str]) -> None:
        patterns = dict(self._owed_patterns)
        await super()._settle(keys)
        self._owed_patterns = patterns


@breaks("SAFE-08")
class OwesTheLatestOnly(FailSafeCache[Any]):
    def _owe(self, keys: Iterable[str] = (), *, patterns: Iterable[str] = ()) -> None:
        super()._owe(patterns=patterns)
        self._owed |= dict.fromkeys(keys, object())
        self._owed = dict(list(self._owed.items())[-10_000:])


@breaks("SAFE-09")
class SwallowsEverything(FailSafeCache[Any]):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        try:
            await super().set(key, value, ttl=ttl)
        except TypeError:
            self._owe([key])


@breaks("SAFE-10")
class SaysNobodyMayLoad(FailSafeCache[Any]):
    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        try:
            return await super().lease(key, seconds=seconds, live=live)
        except CacheUnavailable:
            return None


@breaks("SAFE-11")
class OwesTheLatestPatternsOnly(FailSafeCache[Any]):
    def _owe(self, keys: Iterable[str] = (), *, patterns: Iterable[str] = ()) -> None:
        super()._owe(keys, patterns=patterns)
        if "*" in self._owed_patterns and patterns and "*" not in patterns:
            self._owed_patterns = dict.fromkeys(patterns, object())


class _Unshielded(dict[str, asyncio.Task[None]]):
    async def run(self, key: str, call: Any) -> None:
        task = self.get(key)
        if task is None:
            task = self[key] = asyncio.create_task(call())
            task.add_done_callback(lambda _: self.pop(key))
        await task


@breaks("SAFE-12")
class TakesOtherReadersAlong(FailSafeCache[Any]):
    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._sweeps: Any = _Unshielded()


# Strategies


@breaks("STRAT-01")
class JoinsWithAColon(EntityStrategy[Any]):
    def get_key(self, prefix: str, identifier: str) -> str:
        return f"{prefix}:{identifier}"


@breaks("STRAT-02")
class NumbersItsKeys(EntityStrategy[Any]):
    count = itertools.count()

    def get_key(self, prefix: str, identifier: str) -> str:
        return f"{super().get_key(prefix, identifier)}#{next(self.count)}"


@breaks("STRAT-03")
class SometimesAtOnce(EntityStrategy[Any]):
    def get_ttl(self, key: str, value: Any) -> float | None:
        return float("inf") if key == "k7" else super().get_ttl(key, value)


@breaks("STRAT-04")
class JittersUpwards(EntityStrategy[Any]):
    def get_ttl(self, key: str, value: Any) -> float | None:
        return 1.05 * (super().get_ttl(key, value) or 0)


@breaks("STRAT-05")
class MindsEverything(EntityStrategy[Any]):
    def should_invalidate(self, event: DomainEvent) -> bool:
        return True


# Invalidation


@breaks("INVAL-01")
class ForgetsNeighbours(CacheInvalidator):
    async def handle(self, event: DomainEvent) -> None:
        await super().handle(event)
        if event.type == "user.changed":
            await self._cache.delete("user:8")


@breaks("INVAL-02")
class MindsNoType(CacheInvalidator):
    async def handle(self, event: DomainEvent) -> None:
        await self._cache.delete(f"user:{event.subject}")


@breaks("INVAL-03")
class ExpectsItOnce(CacheInvalidator):
    async def handle(self, event: DomainEvent) -> None:
        if not await self._cache.exists(f"user:{event.subject}"):
            raise KeyError(event.subject)
        await super().handle(event)


@breaks("INVAL-04")
class ForgetsBeforeTheCommit(CacheInvalidator):
    @asynccontextmanager
    async def after_commit(self) -> AsyncGenerator[Callable[[DomainEvent], None]]:
        noted: list[asyncio.Task[None]] = []
        yield lambda event: noted.append(asyncio.create_task(self.handle(event)))
        await asyncio.shield(asyncio.wait(noted))


@breaks("INVAL-05")
class ForgetsAfterARollback(CacheInvalidator):
    @asynccontextmanager
    async def after_commit(self) -> AsyncGenerator[Callable[[DomainEvent], None]]:
        noted: list[DomainEvent] = []
        try:
            yield noted.append
        finally:
            await asyncio.shield(self._handle_all(noted))


@breaks("INVAL-06")
class GivesUpWhenCancelled(CacheInvalidator):
    @asynccontextmanager
    async def after_commit(self) -> AsyncGenerator[Callable[[DomainEvent], None]]:
        noted: list[DomainEvent] = []
        yield noted.append
        await asyncio.sleep(0)
        await self._handle_all(noted)
