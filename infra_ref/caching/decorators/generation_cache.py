"""Forget a whole namespace at once, by giving it a new name."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from typing import TypeVar, cast

from infra_ref.caching.decisions.arguments import checked_key, checked_ttl
from infra_ref.caching.decorators.decorator import LeasingDecorator
from infra_ref.caching.leasing_port import Lease, LeasingCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.clock import Clock, SystemClock
from infra_ref.single_flight import SingleFlight

V = TypeVar("V")
D = TypeVar("D")

DAY = 24 * 3600.0
BEGUN_WITHIN = 3.0
"""Seconds. Who began it may have died, and its lease lapses after one."""

_NAME = "generation"


class GenerationCache(LeasingDecorator[V]):
    """A `LeasingCache` around a `LeasingCache`, whose `clear` is one write, however many keys there are.

    Every key is kept under the current generation, a random name in
    `generations` (a cache in the same store, with a namespace of its own).
    Old generations are not deleted: they expire, so nothing lives longer than
    `longest_ttl` seconds. A clear by another process is noticed within
    `believe_for` seconds; 0 asks at every call, a trip more.
    """

    def __init__(
        self,
        inner: LeasingCache[V],
        generations: LeasingCache[str],
        *,
        believe_for: float = 1.0,
        longest_ttl: float = DAY,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(inner)
        self._generations, self._believe_for, self._longest_ttl = generations, believe_for, longest_ttl
        self._clock = clock or SystemClock()
        self._current = ""
        self._believed_until = float("-inf")
        self._asks: SingleFlight[str, str] = SingleFlight()
        self._clears = 0

    async def clear(self) -> None:
        try:
            await self._generations.set(_NAME, secrets.token_hex(8))
        finally:  # ask which one was written last: there may be others, and this one's answer may be lost
            self._clears += 1
            self._believed_until = float("-inf")
            self._asks.forget(_NAME)

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        return await self.inner.get(await self._name(key), default)

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        await self.inner.set(await self._name(key), value, ttl=self._bounded(ttl))

    async def delete(self, key: str) -> bool:
        return await self.inner.delete(await self._name(key))

    async def exists(self, key: str) -> bool:
        return await self.inner.exists(await self._name(key))

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        names = await self._names(keys)
        found = await self.inner.get_multiple(names.values())
        return {key: found[name] for key, name in names.items() if name in found}

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        names = await self._names(items)
        named = {names[key]: value for key, value in items.items()}
        await self.inner.set_multiple(named, ttl=self._bounded(ttl))

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        return await self.inner.delete_multiple((await self._names(keys)).values())

    async def invalidate_pattern(self, pattern: str) -> int:
        return await self.inner.invalidate_pattern(await self._name(pattern))

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        inner = await self.inner.lease(await self._name(key), seconds=seconds, live=live)
        return inner and Lease(key, inner)

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        seconds, inner = self._bounded(ttl), cast(Lease, lease.token)
        if inner.key != await self._name(lease.key):
            return False  # cleared since
        return await self.inner.fill(inner, value, ttl=seconds)

    async def release(self, lease: Lease) -> None:
        await self.inner.release(cast(Lease, lease.token))

    async def _name(self, key: str) -> str:
        return (await self._names([key]))[key]

    async def _names(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the name of each key under the current generation."""
        keys = [checked_key(key) for key in keys]
        generation = self._current
        if self._clock.monotonic() >= self._believed_until:
            # Asked for at every call, an answer that was asked for earlier would be too old to share.
            generation = await (self._asks.run(_NAME, self._ask) if self._believe_for else self._ask())
        # Not an f-string: of a str that is an Enum, that gives another text than its own.
        return {key: generation + ":" + key for key in keys}

    async def _ask(self) -> str:
        """Learn the current generation; begin one if there is none, the same for all who ask."""
        clears = self._clears
        try:
            async with asyncio.timeout(BEGUN_WITHIN):
                while (current := await self._generations.get(_NAME)) is None:
                    lease = await self._generations.lease(_NAME, seconds=1)
                    current = secrets.token_hex(8)
                    if lease is not None and await self._generations.fill(lease, current):
                        break
                    await asyncio.sleep(0.001)  # another caller begins it
        except TimeoutError as late:
            raise CacheUnavailable("begin a generation") from late
        if clears == self._clears:  # else the answer may be older than the clear
            self._current, self._believed_until = current, self._clock.monotonic() + self._believe_for
        return current

    def _bounded(self, ttl: float | None) -> float:
        seconds = checked_ttl(ttl)
        return self._longest_ttl if seconds is None else min(seconds, self._longest_ttl)
