"""For every rule of `CacheContract` and `DistributedCacheContract`, a cache that breaks just that one."""

from __future__ import annotations

import asyncio
import copy
import fnmatch
import math
import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from infra_ref.caching.codec_port import UndecodableError
from infra_ref.caching.contracts.examples import AWKWARD_KEYS
from infra_ref.caching.decisions.arguments import matching
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.port import ABSENT
from tests.caching.broken.model import ModelCache, noting

BROKEN: dict[str, type[ModelCache]] = {}
breaks = noting(BROKEN)


@breaks("CACHE-01")
class RoundsNumbers(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        if isinstance(value, dict) and "age" in value:
            value = {**value, "age": round(value["age"])}
        await super().set(key, value, ttl=ttl)


@breaks("CACHE-02")
class ForgetsTheDefault(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        return await super().get(key, None if default == "default" else default)


@breaks("CACHE-03")
class FalseIsAMiss(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        value = await super().get(key, default)
        return default if value in ("", 0, [], {}) and value is not None else value


@breaks("CACHE-04")
class NoneIsAMiss(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        value = await super().get(key, default)
        return default if value is None else value


@breaks("CACHE-05")
class AbsenceIsNone(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        value = await super().get(key, default)
        return None if value is ABSENT else value


@breaks("CACHE-06")
class NoneDoesNotExist(ModelCache):
    async def exists(self, key: str) -> bool:
        return await super().exists(key) and await self.get(key) is not None


@breaks("CACHE-07")
class KeepsTheFirstValue(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        before = self._live(key) if value == "new" else None
        if before is not None and before.value == "old" and before.expires == math.inf:
            return
        await super().set(key, value, ttl=ttl)


@breaks("CACHE-08")
class KeepsTheFirstExpiry(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        before = self._live(key) if isinstance(key, str) else None
        await super().set(key, value, ttl=ttl)
        if before is not None and ttl is None:
            self._entries[key].expires = before.expires


@breaks("CACHE-09")
class NeverExpires(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        await super().set(key, value, ttl=None if isinstance(ttl, float) and ttl >= 0.01 else ttl)


@breaks("CACHE-10")
class TakesSecondsForMilliseconds(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        await super().set(key, value, ttl=ttl / 1000 if ttl == 60.0 else ttl)


@breaks("CACHE-11")
class ZeroIsForEver(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        await super().set(key, value, ttl=None if isinstance(ttl, int | float) and ttl <= 0 else ttl)


@breaks("CACHE-12")
class RoundsToZeroIsForEver(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        await super().set(key, value, ttl=None if isinstance(ttl, float) and 0 < ttl < 0.0005 else ttl)


@breaks("CACHE-13")
class OverflowsOnHuge(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        if isinstance(ttl, float) and ttl > 1e10:
            raise OverflowError("timestamp too large")
        await super().set(key, value, ttl=ttl)


@breaks("CACHE-14")
class BelievesAnyTtl(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        await super().set(key, value, ttl=None if isinstance(ttl, str) else ttl)


@breaks("CACHE-15")
class AlwaysDeleted(ModelCache):
    async def delete(self, key: str) -> bool:
        await super().delete(key)
        return True


@breaks("CACHE-16")
class ClearsAllButOne(ModelCache):
    async def clear(self) -> None:
        kept = self._entries.get("k7")
        await super().clear()
        if kept is not None:
            self._entries["k7"] = kept


@breaks("CACHE-17")
class KeepsWhatWasGiven(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        await super().set(key, value, ttl=ttl)
        if key in self._entries:
            self._entries[key].value = value


@breaks("CACHE-18")
class HandsOutItsOwn(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        await super().get(key)
        entry = self._live(key)
        return default if entry is None else entry.value


@breaks("CACHE-19")
class StripsKeys(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        return await super().get(key.strip() if key in AWKWARD_KEYS else key, default)

    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        await super().set(key.strip() if key in AWKWARD_KEYS else key, value, ttl=ttl)


@breaks("CACHE-20")
class TakesAnyKey(ModelCache):
    async def exists(self, key: str) -> bool:
        return await super().exists(str(key) if isinstance(key, int) else key)


@breaks("CACHE-21")
class ForgetsBeforeItRefuses(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        try:
            copy.deepcopy(value)
        except TypeError:
            await self.delete(key)
        await super().set(key, value, ttl=ttl)


@breaks("CACHE-22")
class CutsLargeValues(ModelCache):
    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        await super().set(key, value[:65536] if isinstance(value, str) else value, ttl=ttl)


@breaks("CACHE-23")
class LeavesAnswersOnTheLine(ModelCache):
    line: deque[Any]

    async def get(self, key: str, default: Any = None) -> Any:
        line = self.__dict__.setdefault("line", deque())
        line.append(await super().get(key, default))
        await asyncio.sleep(0)
        return line.popleft()


@breaks("CACHE-24")
class LetsTheVendorsErrorThrough(ModelCache):
    async def reach(self) -> None:
        if self.store.away:
            raise ConnectionResetError("by peer")
        await super().reach()


@breaks("CACHE-25")
class WaitsForEver(ModelCache):
    async def delete(self, key: str) -> bool:
        if self.store.hanging:
            await asyncio.Event().wait()
        return await super().delete(key)


@breaks("CACHE-26")
class StaysAway(ModelCache):
    async def reach(self) -> None:
        self.store.away = self.store.away or self.store.was_cut
        await super().reach()


@breaks("CACHE-27")
class ReadsHalfAnAnswer(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        if self.store.torn:
            return "v" * 50
        return await super().get(key, default)


@breaks("CACHE-28")
class CrashesOnDamage(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        if key in self.store.damaged:
            raise UndecodableError("not ours")
        return await super().get(key, default)


@breaks("CACHE-29")
class WaitsForOneAnother(ModelCache):
    async def get(self, key: str, default: Any = None) -> Any:
        if self.store.hanging:
            async with self.__dict__.setdefault("line", asyncio.Lock()):
                await asyncio.sleep(0.2)
        return await super().get(key, default)


@breaks("MULTI-01")
class SortsWhatItGives(ModelCache):
    async def get_multiple(self, keys: Iterable[str]) -> dict[str, Any]:
        return dict(sorted((await super().get_multiple(keys)).items()))


@breaks("MULTI-02")
class LeavesNoneOut(ModelCache):
    async def get_multiple(self, keys: Iterable[str]) -> dict[str, Any]:
        return {key: value for key, value in (await super().get_multiple(keys)).items() if value is not None}


@breaks("MULTI-03")
class NeedsAKey(ModelCache):
    async def delete_multiple(self, keys: Iterable[str]) -> int:
        keys = list(keys)
        if not keys:
            raise ValueError("wrong number of arguments")
        return await super().delete_multiple(keys)


@breaks("MULTI-04")
class ManyNeverExpire(ModelCache):
    async def set_multiple(self, items: Mapping[str, Any], *, ttl: float | None = None) -> None:
        await super().set_multiple(items)


@breaks("MULTI-05")
class StoresOneByOne(ModelCache):
    async def set_multiple(self, items: Mapping[str, Any], *, ttl: float | None = None) -> None:
        for key, value in items.items():
            await self.set(key, value, ttl=ttl)


@breaks("MULTI-06")
class CountsWhatWasAsked(ModelCache):
    async def delete_multiple(self, keys: Iterable[str]) -> int:
        keys = list(keys)
        await super().delete_multiple(keys)
        return len(keys)


@breaks("MULTI-07")
class ReadsKeysTwice(ModelCache):
    async def get_multiple(self, keys: Iterable[str]) -> dict[str, Any]:
        for _ in keys:
            pass
        return await super().get_multiple(keys)


@breaks("MULTI-08")
class HandsOutMany(ModelCache):
    async def get_multiple(self, keys: Iterable[str]) -> dict[str, Any]:
        found = await super().get_multiple(keys)
        return {key: self._entries[key].value for key in found}


@breaks("MULTI-09")
class MatchesTheEnd(ModelCache):
    async def invalidate_pattern(self, pattern: str) -> int:
        hit = [key for key in self._entries if re.fullmatch(".*" + matching(pattern).pattern, key, re.DOTALL)]
        return await self.delete_multiple(hit)


@breaks("MULTI-10")
class MatchesBytes(ModelCache):
    async def invalidate_pattern(self, pattern: str) -> int:
        bytewise = matching(pattern.encode().decode("latin-1"))
        hit = [key for key in self._entries if bytewise.fullmatch(key.encode().decode("latin-1"))]
        return await self.delete_multiple(hit)


@breaks("MULTI-11")
class BracketsAreSets(ModelCache):
    async def invalidate_pattern(self, pattern: str) -> int:
        if "[" not in pattern:
            return await super().invalidate_pattern(pattern)
        return await self.delete_multiple(fnmatch.filter(list(self._entries), pattern))


@breaks("MULTI-12")
class LooksAtAThousand(ModelCache):
    async def invalidate_pattern(self, pattern: str) -> int:
        hit = [key for key in list(self._entries)[:1000] if matching(pattern).fullmatch(key)]
        return await self.delete_multiple(hit)


@breaks("MULTI-13")
class ClearsTheNeighbours(ModelCache):
    everybody: list[ModelCache] = []  # noqa: RUF012 - shared on purpose: that is what is broken

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.everybody.append(self)

    async def clear(self) -> None:
        for one in self.everybody:
            await MemoryCache.clear(one)


@breaks("MULTI-14")
class SharesNothing(ModelCache):
    def beside(self) -> Any:
        return type(self)(self.clock)
