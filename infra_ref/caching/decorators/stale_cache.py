"""Answer with a stale value while a fresh one is fetched, or cannot be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from infra_ref.caching.decisions.arguments import checked_ttl
from infra_ref.caching.decorators.decorator import CacheDecorator
from infra_ref.caching.loading_port import Loader, LoadingCache
from infra_ref.caching.port import ABSENT
from infra_ref.clock import Clock, SystemClock

V = TypeVar("V")
D = TypeVar("D")

CLOCK_SKEW = 1.0
"""Seconds that the wall clocks of two processes may be apart."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Aged(Generic[V]):
    """A value, when it was stored (seconds since 1970), and how many seconds it is fresh (None: always).

    A codec of `V` need not know `ABSENT`, so a remembered absence is a flag.
    """

    value: V | None
    stored_at: float
    fresh_for: float | None
    absent: bool = False


class StaleCache(CacheDecorator[V]):
    """A `LoadingCache` around a `LoadingCache` of `Aged` values.

    `get_or_load` answers with a value that is up to `stale_for` seconds past its
    time to live, and refreshes it in the background, one refresh a key at a time
    (stale-while-revalidate and stale-if-error, after RFC 5861). A refresh that
    fails is logged and not tried again for `pause` seconds. `get` gives fresh
    values only. A refresh sees the context variables of who asked: the loader
    must not need what ends with a request. `aclose` ends all refreshes.
    """

    def __init__(
        self,
        inner: LoadingCache[Aged[V]],
        *,
        stale_for: float,
        pause: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(cast(Any, inner))
        self._aged = inner
        self._stale_for, self._pause = stale_for, pause
        self._clock = clock or SystemClock()
        self._refreshes: dict[str, asyncio.Task[None]] = {}
        self._paused: dict[str, float] = {}
        self._closed = False

    async def get_or_load(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        aged = await self._aged.get_or_load(key, self._aging(loader, ttl), ttl=self._kept_for(ttl))
        if not self._fresh(aged):
            self._refresh_soon(key, loader, ttl)
        return _value(aged)

    async def refresh(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        return _value(await self._aged.refresh(key, self._aging(loader, ttl), ttl=self._kept_for(ttl)))

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        aged = await self._aged.get(key)
        return _value(aged) if aged is not None and self._fresh(aged) else default

    async def exists(self, key: str) -> bool:
        aged = await self._aged.get(key)
        return aged is not None and self._fresh(aged)

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        await self._aged.set(key, self._age(value, ttl), ttl=self._kept_for(ttl))

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        found = await self._aged.get_multiple(keys)
        return {key: _value(aged) for key, aged in found.items() if self._fresh(aged)}

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        aged = {key: self._age(value, ttl) for key, value in items.items()}
        await self._aged.set_multiple(aged, ttl=self._kept_for(ttl))

    async def aclose(self) -> None:
        """Cancel the refreshes under way, and wait for their end. None begins after it."""
        self._closed = True
        refreshes = list(self._refreshes.values())
        for refresh in refreshes:
            refresh.cancel()
        await asyncio.gather(*refreshes, return_exceptions=True)

    def _refresh_soon(self, key: str, loader: Loader[V], ttl: float | None) -> None:
        if self._closed or key in self._refreshes or self._clock.monotonic() < self._paused.get(key, 0.0):
            return
        task = self._refreshes[key] = asyncio.create_task(self._refresh_quietly(key, loader, ttl))
        task.add_done_callback(lambda _: self._refreshes.pop(key))

    async def _refresh_quietly(self, key: str, loader: Loader[V], ttl: float | None) -> None:
        try:
            await self.refresh(key, loader, ttl=ttl)
        except Exception:  # noqa: BLE001 - no caller waits for it, and the stale value is still served
            _log.warning("could not refresh %r; it stays stale", key, exc_info=True)
            now = self._clock.monotonic()
            self._paused = {key: until for key, until in self._paused.items() if now < until}
            self._paused[key] = now + self._pause

    def _aging(self, loader: Loader[V], ttl: float | None) -> Loader[Aged[V]]:
        async def load() -> Aged[V]:
            return self._age(await loader(), ttl)

        return load

    def _age(self, value: V, ttl: float | None) -> Aged[V]:
        seconds = checked_ttl(ttl)
        absent, now = value is ABSENT, self._clock.now().timestamp()
        return Aged(None if absent else value, now, seconds, absent)

    def _fresh(self, aged: Aged[V]) -> bool:
        if aged.fresh_for is None:
            return True
        # One from the future: the wall clock was set back, and the value may be of any age.
        return -CLOCK_SKEW <= self._clock.now().timestamp() - aged.stored_at < aged.fresh_for

    def _kept_for(self, ttl: float | None) -> float | None:
        seconds = checked_ttl(ttl)
        return seconds and seconds + self._stale_for


def _value(aged: Aged[V]) -> V:
    return cast(V, ABSENT if aged.absent else aged.value)
