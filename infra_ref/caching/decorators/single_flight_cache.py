"""Many misses, one load: in this process by sharing a task, across processes by a lease."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from infra_ref.caching.decisions.arguments import checked_key, checked_ttl, matching
from infra_ref.caching.decorators.decorator import LeasingDecorator
from infra_ref.caching.leasing_port import Lease, LeasingCache
from infra_ref.caching.loading_port import Loader
from infra_ref.caching.port import CacheUnavailable
from infra_ref.single_flight import SingleFlight

V = TypeVar("V")

_MISS = object()


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[V]):
    value: V
    current: bool
    """False if the key was written or deleted while the value was being loaded."""


class SingleFlightCache(LeasingDecorator[V]):
    """A `LoadingCache` around a `LeasingCache`.

    A load runs in a task of its own, shared by everyone who waits: one of them may be
    cancelled and the others still get it; when all are, so is the load. Other
    processes wait for the lease's holder, looking every `poll` seconds, and take
    over after `lease_seconds` (choose it longer than the slowest good load).
    The load sees the context variables of whoever asked first.
    """

    def __init__(
        self,
        inner: LeasingCache[V],
        *,
        lease_seconds: float = 10.0,
        poll: float = 0.005,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(inner)
        self._lease_seconds, self._poll, self._sleep = lease_seconds, poll, sleep
        self._loads: SingleFlight[str, _Loaded[V]] = SingleFlight()
        self._refreshes: SingleFlight[str, _Loaded[V]] = SingleFlight()
        self._looking: set[str] = set()

    async def get_or_load(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        checked_key(key)
        checked_ttl(ttl)
        again = False
        while True:
            if key not in self._loads and key not in self._looking:
                self._looking.add(key)
                try:
                    value = await self._look(key)
                finally:
                    self._looking.discard(key)
                if value is not _MISS:
                    return cast(V, value)
            joined = key in self._loads
            loaded = await self._loads.run(key, lambda: self._load(key, loader, ttl))
            if not joined:
                return loaded.value
            if loaded.current or again:
                return copy.deepcopy(loaded.value)
            # The key changed after that load began, perhaps before we joined it. The next one begins
            # after we asked, so it will do even if the key changes again.
            again = True

    async def refresh(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        checked_ttl(ttl)
        joined = checked_key(key) in self._refreshes
        loaded = await self._refreshes.run(key, lambda: self._reload(key, loader, ttl))
        return copy.deepcopy(loaded.value) if joined else loaded.value

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        with self._changing(key.__eq__):
            await super().set(key, value, ttl=ttl)

    async def delete(self, key: str) -> bool:
        with self._changing(key.__eq__):
            return await super().delete(key)

    async def clear(self) -> None:
        with self._changing(lambda key: True):
            await super().clear()

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        with self._changing(items.__contains__):
            await super().set_multiple(items, ttl=ttl)

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        keys = set(keys)
        with self._changing(keys.__contains__):
            return await super().delete_multiple(keys)

    async def invalidate_pattern(self, pattern: str) -> int:
        with self._changing(matching(pattern).fullmatch):
            return await super().invalidate_pattern(pattern)

    @contextmanager
    def _changing(self, changed: Callable[[str], object]) -> Generator[None]:
        """Let nobody join a load of a changed key that began before the change was complete."""
        try:
            yield
        finally:
            for flights in (self._loads, self._refreshes):
                for key in filter(changed, flights):
                    flights.forget(key)

    async def _look(self, key: str) -> Any:
        try:
            return await self.inner.get(key, _MISS)
        except CacheUnavailable:
            return _MISS

    async def _load(self, key: str, loader: Loader[V], ttl: float | None) -> _Loaded[V]:
        while True:
            try:
                lease = await self.inner.lease(key, seconds=self._lease_seconds)
            except CacheUnavailable:
                return _Loaded(await loader(), current=True)
            if lease is not None:
                return await self._fill(lease, loader, ttl)
            if (value := await self._look(key)) is not _MISS:
                return _Loaded(cast(V, value), current=True)
            await self._sleep(self._poll)

    async def _reload(self, key: str, loader: Loader[V], ttl: float | None) -> _Loaded[V]:
        try:
            lease = await self.inner.lease(key, seconds=self._lease_seconds, live=True)
        except CacheUnavailable:
            lease = None
        if lease is None:
            return _Loaded(await loader(), current=False)
        return await self._fill(lease, loader, ttl)

    async def _fill(self, lease: Lease, loader: Loader[V], ttl: float | None) -> _Loaded[V]:
        try:
            value = await loader()
            try:
                return _Loaded(value, current=await self.inner.fill(lease, value, ttl=ttl))
            except CacheUnavailable:
                return _Loaded(value, current=True)
        except BaseException:
            with suppress(CacheUnavailable):  # then it lapses by itself
                await self.inner.release(lease)
            raise
