"""Many misses, one load: in this process by sharing a task, across processes by a lease."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from infra_ref.caching.decorators.decorator import LeasingDecorator
from infra_ref.caching.port import CacheUnavailable, LeasingCache, Loader, checked_key, checked_ttl, matching
from infra_ref.clock import Clock, SystemClock

V = TypeVar("V")

_MISS = object()


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[V]):
    value: V
    stands: bool
    """False if the key was written or deleted while the value was being loaded."""


class SingleFlightCache(LeasingDecorator[V]):
    """A `LoadingCache` around a `LeasingCache`.

    A load runs in a task of its own, shared by all who wait: one of them may be
    cancelled and the others still get it; when all are, so is the load. Other
    processes wait for the lease's holder, looking every `poll` seconds, and take
    over after `lease_seconds` (choose it longer than the slowest good load).
    The load sees the context variables of who asked first.
    """

    def __init__(
        self,
        inner: LeasingCache[V],
        *,
        lease_seconds: float = 10.0,
        poll: float = 0.005,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(inner)
        self._lease_seconds, self._poll = lease_seconds, poll
        self._clock = clock or SystemClock()
        self._loads: dict[str, _Flight[V]] = {}
        self._refreshes: dict[str, _Flight[V]] = {}
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
            loaded = await _join(self._loads, key, lambda: self._load(key, loader, ttl))
            if not joined:
                return loaded.value
            if loaded.stands or again:
                return copy.deepcopy(loaded.value)
            # The key changed after that load began, perhaps before we joined it. The next one begins
            # after we asked, so it will do even if the key changes again.
            again = True

    async def refresh(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        checked_ttl(ttl)
        joined = checked_key(key) in self._refreshes
        reload = await _join(self._refreshes, key, lambda: self._reload(key, loader, ttl))
        return copy.deepcopy(reload.value) if joined else reload.value

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        try:
            await super().set(key, value, ttl=ttl)
        finally:
            self._leave([key])

    async def delete(self, key: str) -> bool:
        try:
            return await super().delete(key)
        finally:
            self._leave([key])

    async def clear(self) -> None:
        try:
            await super().clear()
        finally:
            self._leave([*self._loads, *self._refreshes])

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        try:
            await super().set_multiple(items, ttl=ttl)
        finally:
            self._leave(items)

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        keys = list(keys)
        try:
            return await super().delete_multiple(keys)
        finally:
            self._leave(keys)

    async def invalidate_pattern(self, pattern: str) -> int:
        try:
            return await super().invalidate_pattern(pattern)
        finally:
            self._leave(filter(matching(pattern).fullmatch, [*self._loads, *self._refreshes]))

    def _leave(self, keys: Iterable[str]) -> None:
        """Let nobody join what is under way for these keys: it began before a change."""
        for key in keys:
            self._loads.pop(key, None)
            self._refreshes.pop(key, None)

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
                return _Loaded(await loader(), stands=True)
            if lease is not None:
                return await self._fill(lease, loader, ttl)
            if (value := await self._look(key)) is not _MISS:
                return _Loaded(cast(V, value), stands=True)
            await self._clock.sleep(self._poll)

    async def _reload(self, key: str, loader: Loader[V], ttl: float | None) -> _Loaded[V]:
        try:
            lease = await self.inner.lease(key, seconds=self._lease_seconds, live=True)
        except CacheUnavailable:
            lease = None
        return (
            _Loaded(await loader(), stands=False) if lease is None else await self._fill(lease, loader, ttl)
        )

    async def _fill(self, lease: Any, loader: Loader[V], ttl: float | None) -> _Loaded[V]:
        try:
            value = await loader()
            try:
                return _Loaded(value, stands=await self.inner.fill(lease, value, ttl=ttl))
            except CacheUnavailable:
                return _Loaded(value, stands=True)
        except BaseException:
            with suppress(CacheUnavailable):  # then it lapses by itself
                await self.inner.release(lease)
            raise


async def _join(
    flights: dict[str, _Flight[V]], key: str, load: Callable[[], Coroutine[Any, Any, _Loaded[V]]]
) -> _Loaded[V]:
    def land(flight: _Flight[V]) -> None:
        if flights.get(key) is flight:
            del flights[key]

    flight = flights.get(key)
    if flight is None:
        flight = flights[key] = _Flight(load(), land)
    return await flight.join()


_within: ContextVar[tuple[_Flight[Any], ...]] = ContextVar("_within", default=())
"""The loads that what runs here is part of."""


class _Flight(Generic[V]):
    """A load that many wait for, and that ends when nobody does.

    `land` is called when nobody may join any more: before those who wait wake
    up, so that one who then tries again starts anew.
    """

    def __init__(self, load: Coroutine[Any, Any, _Loaded[V]], land: Callable[[_Flight[V]], None]) -> None:
        self._land = land
        self._waiting = 0
        context = copy_context()
        context.run(_within.set, (*(one for one in _within.get() if not one._task.done()), self))
        self._task: asyncio.Task[_Loaded[V]] = asyncio.create_task(load, context=context)
        self._task.add_done_callback(lambda _: land(self))

    async def join(self) -> _Loaded[V]:
        if self in _within.get():
            raise RuntimeError("a loader asked for the key that it loads: it would wait for itself for ever")
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if self._waiting == 0 and not self._task.done():
                self._land(self)
                self._task.cancel()
