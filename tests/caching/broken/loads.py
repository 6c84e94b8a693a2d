"""For every rule of `LoadingCacheContract`, a single flight that breaks just that one."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.leasing_port import Lease
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.single_flight import _within
from tests.caching.broken.leases import OthersDeletesKeepLeases
from tests.caching.broken.model import ModelCache

BROKEN: dict[str, tuple[type[SingleFlightCache[Any]], type[ModelCache]]] = {}


def breaks(number: str, inner: type[ModelCache] = ModelCache) -> Any:
    def note(broken: type[SingleFlightCache[Any]]) -> type[SingleFlightCache[Any]]:
        assert number not in BROKEN, number
        BROKEN[number] = broken, inner
        return broken

    return note


@breaks("LOAD-01")
class KeepsNoDicts(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        value = await super().get_or_load(key, loader, ttl=ttl)
        if isinstance(value, dict):
            await self.delete(key)
        return value


@breaks("LOAD-02")
class NoMoreThanAHundred(SingleFlightCache[Any]):
    waiting = 0

    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        self.waiting += 1
        try:
            if self.waiting > 100:
                return await loader()
            return await super().get_or_load(key, loader, ttl=ttl)
        finally:
            self.waiting -= 1


class _KeepsNone(ModelCache):
    async def fill(self, lease: Lease, value: Any, *, ttl: float | None = None) -> bool:
        return await super().fill(lease, value, ttl=0 if value is None else ttl)


@breaks("LOAD-03", _KeepsNone)
class ForgetsNone(SingleFlightCache[Any]):
    pass


@breaks("LOAD-04")
class LoadsForEver(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        return await super().get_or_load(key, loader)


class _AnotherError(ZeroDivisionError):
    pass


@breaks("LOAD-05")
class OthersGetAnotherError(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        joined = key in self._loads or key in self._looking
        try:
            return await super().get_or_load(key, loader, ttl=ttl)
        except ZeroDivisionError as error:
            raise (_AnotherError("no") if joined else error) from None


@breaks("LOAD-06")
class KeepsErrors(SingleFlightCache[Any]):
    error: Exception | None = None

    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        if self.error is not None:
            raise self.error
        try:
            return await super().get_or_load(key, loader, ttl=ttl)
        except ZeroDivisionError as error:
            self.error = error
            raise


@breaks("LOAD-07")
class TheFirstTakesTheOthersAlong(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        first = key not in self._loads and key not in self._looking
        try:
            return await super().get_or_load(key, loader, ttl=ttl)
        except asyncio.CancelledError:
            if first and key in self._loads:
                self._loads._flights[key]._task.cancel()
            raise


@breaks("LOAD-08")
class LoadsForNobody(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        return await asyncio.shield(asyncio.create_task(super().get_or_load(key, loader, ttl=ttl)))


class _FillsAnyway(SingleFlightCache[Any]):
    """Stores what was loaded although the key changed meanwhile, if it changed in one of `ways`."""

    ways: tuple[str, ...] = ()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.changed = ""

    async def _fill(self, lease: Lease, loader: Any, ttl: float | None) -> Any:
        self.changed = ""
        loaded = await super()._fill(lease, loader, ttl)
        if not loaded.current and self.changed in self.ways and type(lease.token) is object:
            await self.inner.set(lease.key, loaded.value, ttl=ttl)
        return loaded

    async def delete(self, key: str) -> bool:
        self.changed = "delete"
        return await super().delete(key)

    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        self.changed = "set"
        await super().set(key, value, ttl=ttl)

    async def clear(self) -> None:
        self.changed = "clear"
        await super().clear()

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        self.changed = "delete_multiple"
        return await super().delete_multiple(keys)

    async def invalidate_pattern(self, pattern: str) -> int:
        self.changed = "pattern"
        return await super().invalidate_pattern(pattern)


@breaks("LOAD-09")
class DeleteLoses(_FillsAnyway):
    ways = ("delete",)


@breaks("LOAD-10")
class InvalidationLoses(_FillsAnyway):
    ways = ("pattern", "delete_multiple", "clear")


@breaks("LOAD-11")
class SetLoses(_FillsAnyway):
    ways = ("set",)


@breaks("LOAD-12")
class JoinsThePast(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        if key in self._loads:
            return copy.deepcopy((await self._loads.run(key, lambda: self._load(key, loader, ttl))).value)
        return await super().get_or_load(key, loader, ttl=ttl)

    @contextmanager
    def _changing(self, changed: Any) -> Generator[None]:
        try:
            yield
        finally:
            for key in filter(changed, self._refreshes):
                self._refreshes.forget(key)


class _Shared(list[Any]):
    def __deepcopy__(self, memo: Any) -> _Shared:
        return self


@breaks("LOAD-13")
class SharesOneObject(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        async def shared() -> Any:
            value = await loader()
            return _Shared(value) if isinstance(value, list) else value

        return await super().get_or_load(key, shared, ttl=ttl)


@breaks("LOAD-14")
class OneAtATime(SingleFlightCache[Any]):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.turn = asyncio.Lock()

    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        async def in_turn() -> Any:
            async with self.turn:
                return await loader()

        return await super().get_or_load(key, in_turn, ttl=ttl)


@breaks("LOAD-15")
class NeedsItsStore(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        await self.inner.exists(key)
        return await super().get_or_load(key, loader, ttl=ttl)


@breaks("LOAD-16")
class LoadsBesideTheOther(SingleFlightCache[Any]):
    async def _load(self, key: str, loader: Any, ttl: float | None) -> Any:
        leased = not self.inner.store.away and self.inner._leased(key) is not None
        return await super()._load(f"beside {key}" if leased else key, loader, ttl)


@breaks("LOAD-17", OthersDeletesKeepLeases)
class DistantDeleteLoses(SingleFlightCache[Any]):
    pass


class _FreesForItselfOnly(ModelCache):
    """A lease that was given back can be had again by the same instance, but by no other."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.mine: set[str] = set()

    async def release(self, lease: Lease) -> None:
        if self._leased(lease.key) is lease.token:
            self.mine.add(lease.key)

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        if key in self.mine:
            self.mine.discard(key)
            self._leases.pop(key, None)
        return await MemoryCache.lease(self, key, seconds=seconds, live=live)


@breaks("LOAD-18", _FreesForItselfOnly)
class KeepsTheOtherWaiting(SingleFlightCache[Any]):
    pass


@breaks("LOAD-19")
class RefreshesNothing(SingleFlightCache[Any]):
    async def refresh(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        return await loader()


@breaks("LOAD-20")
class RefreshOvertakes(SingleFlightCache[Any]):
    async def refresh(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        value = await loader()
        await self.inner.set(key, value, ttl=ttl)
        return value


@breaks("LOAD-21")
class WaitsForTheUnstorable(SingleFlightCache[Any]):
    async def _fill(self, lease: Lease, loader: Any, ttl: float | None) -> Any:
        try:
            return await super()._fill(lease, loader, ttl)
        except TypeError:
            await self.inner.lease(lease.key, seconds=60)
            raise


@breaks("LOAD-22")
class AsksOnAndOn(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        joined = key in self._loads
        while joined:
            loaded = await self._loads.run(key, lambda: self._load(key, loader, ttl))
            if loaded.current:
                return copy.deepcopy(loaded.value)
            joined = key in self._loads
        return await super().get_or_load(key, loader, ttl=ttl)


@breaks("LOAD-23")
class WaitsForItself(SingleFlightCache[Any]):
    async def get_or_load(self, key: str, loader: Any, *, ttl: float | None = None) -> Any:
        async def unaware() -> Any:
            _within.set(())
            return await loader()

        return await super().get_or_load(key, unaware, ttl=ttl)


@breaks("LOAD-24")
class JoinsAPastRefresh(SingleFlightCache[Any]):
    @contextmanager
    def _changing(self, changed: Any) -> Generator[None]:
        try:
            yield
        finally:
            for key in filter(changed, self._loads):
                self._loads.forget(key)
