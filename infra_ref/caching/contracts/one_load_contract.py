"""What a `LoadingCache` promises about one load for everyone who asks, and about changes during it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from infra_ref.caching.contracts.examples import A_BIT_MORE, BRIEFLY, MISS
from infra_ref.caching.loading_port import LoadingCache
from infra_ref.caching.port import ABSENT
from infra_ref.caching.testing.source import Source, settled, until
from infra_ref.contract import Contract, Passing, rule

OVERTAKEN = (MISS, "fresh")
"""What was loaded is not kept, and the next caller gets a new value."""


class OneLoadRules(Contract):
    """The first part of `LoadingCacheContract`."""

    @rule("LOAD-01", "a miss is loaded and kept")
    async def loads_and_keeps(self, cache: LoadingCache[Any]) -> None:
        source = Source.ready({"name": "Ada"}, "second")
        assert await cache.get_or_load("k", source) == {"name": "Ada"}
        assert await cache.get_or_load("k", source) == {"name": "Ada"}
        assert await cache.get("k") == {"name": "Ada"}
        assert source.loads == 1

    @rule("LOAD-02", "1,000 concurrent misses make one load")
    async def one_load(self, cache: LoadingCache[Any]) -> None:
        source = Source("v")
        asking = await _asking(cache, source, 1000)
        source.answer.set()
        assert set(await asyncio.gather(*asking)) == {"v"}
        assert source.loads == 1

    @rule("LOAD-03", "a stored None and a remembered absence are not loaded again", full=True)
    async def nothing_is_something(self, cache: LoadingCache[Any]) -> None:
        for key, value in (("none", None), ("absent", ABSENT)):
            source = Source.ready(value)
            assert await cache.get_or_load(key, source) is value
            assert await cache.get_or_load(key, source) is value
            assert source.loads == 1, key

    @rule("LOAD-04", "what was loaded lives as long as its ttl")
    async def loaded_expires(self, cache: LoadingCache[Any], clock: Passing) -> None:
        await cache.get_or_load("k", Source.ready("v"), ttl=BRIEFLY)
        await clock.advance(A_BIT_MORE)
        assert await cache.get("k", MISS) is MISS

    @rule("LOAD-05", "the loader's error reaches all who wait")
    async def error_reaches_all(self, cache: LoadingCache[Any]) -> None:
        source = Source(ZeroDivisionError("no"))
        asking = await _asking(cache, source, 20)
        source.answer.set()
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {ZeroDivisionError}

    @rule("LOAD-06", "an error is not kept: whoever asks again at once asks the source")
    async def error_is_not_kept(self, cache: LoadingCache[Any]) -> None:
        source = Source(ZeroDivisionError("no"), "v")

        async def twice() -> Any:
            try:
                return await cache.get_or_load("k", source)
            except ZeroDivisionError:
                return await cache.get_or_load("k", source)

        asking = [asyncio.create_task(twice()) for _ in range(20)]
        await source.asked.wait()
        await settled()
        source.answer.set()
        assert set(await asyncio.gather(*asking, return_exceptions=True)) == {"v"}
        assert source.loads == 2

    @rule("LOAD-07", "the first caller is cancelled, and the others still get the value")
    async def first_is_cancelled(self, cache: LoadingCache[Any]) -> None:
        for many in (1, 5):
            key, source = f"k{many}", Source("v")
            (first,) = await _asking(cache, source, 1, key)
            others = await _asking(cache, source, many, key)
            first.cancel()
            await asyncio.wait({first})
            source.answer.set()
            assert set(await asyncio.gather(*others, return_exceptions=True)) == {"v"}, f"{many} others"
            assert first.cancelled() is True
            assert source.loads == 1

    @rule("LOAD-08", "all callers are cancelled, and so is the load; the next asks anew")
    async def all_are_cancelled(self, cache: LoadingCache[Any]) -> None:
        for many in (1, 5):
            key, source = f"k{many}", Source("old", "new")
            asking = await _asking(cache, source, many, key)
            for one in asking:
                one.cancel()
            await asyncio.wait(asking)
            await until(source.is_idle)
            assert source.running == 0, f"{many} callers"
            source.answer.set()
            assert await cache.get_or_load(key, source) == "new"

    @rule("LOAD-09", "a delete during a load wins: the next read is fresh")
    async def delete_wins(self, cache: LoadingCache[Any]) -> None:
        assert await self._after(cache, lambda: cache.delete("k")) == OVERTAKEN

    @rule("LOAD-10", "an invalidation during a load wins: by a pattern, by delete_multiple, by clear")
    async def invalidation_wins(self, cache: LoadingCache[Any]) -> None:
        assert await self._after(cache, lambda: cache.invalidate_pattern("k*")) == OVERTAKEN
        assert await self._after(cache, lambda: cache.delete_multiple(["k"])) == OVERTAKEN
        assert await self._after(cache, cache.clear) == OVERTAKEN

    @rule("LOAD-11", "a set during a load wins")
    async def set_wins(self, cache: LoadingCache[Any]) -> None:
        source = Source("stale")
        (asking,) = await _asking(cache, source, 1)
        await cache.set("k", "new")
        source.answer.set()
        await asking
        assert await cache.get("k") == "new"

    @rule("LOAD-12", "who asks after a delete does not get what was being loaded before it")
    async def no_joining_the_past(self, cache: LoadingCache[Any]) -> None:
        old, new = Source("old"), Source.ready("new")
        (first,) = await _asking(cache, old, 1)
        await cache.delete("k")
        second = asyncio.create_task(cache.get_or_load("k", new))
        await settled()
        old.answer.set()
        assert await second == "new"
        await first

    @rule("LOAD-13", "what one of those who waited changes, the others do not see", full=True)
    async def nobody_shares(self, cache: LoadingCache[Any]) -> None:
        source = Source(["a"])
        asking = await _asking(cache, source, 3)
        source.answer.set()
        got = await asyncio.gather(*asking)
        got[0].append("b")
        assert got[1:] == [["a"], ["a"]]
        assert await cache.get("k") == ["a"]
        one, two = await asyncio.gather(*(cache.refresh("k", Source.ready(["a"])) for _ in range(2)))
        one.append("b")
        assert two == ["a"]

    @rule("LOAD-14", "different keys load at the same time")
    async def keys_are_independent(self, cache: LoadingCache[Any]) -> None:
        source = Source("v")
        asking = [asyncio.create_task(cache.get_or_load(f"k{n}", source)) for n in range(5)]
        await until(lambda: source.running == 5)
        assert source.running == 5
        source.answer.set()
        await asyncio.gather(*asking)

    @rule("LOAD-15", "while the store is gone the loader is asked, still once for all who wait")
    async def loads_without_a_store(self, cache: LoadingCache[Any], outage: Any) -> None:
        await cache.set("warm", "up")
        await outage.cut()
        source = Source("v")
        asking = await _asking(cache, source, 20)
        source.answer.set()
        assert set(await asyncio.gather(*asking)) == {"v"}
        assert source.loads == 1

    async def _after(self, cache: LoadingCache[Any], change: Callable[[], Awaitable[Any]]) -> tuple[Any, Any]:
        """Return what is cached after a load that `change` overtook, and the next answer."""
        source = Source("stale", "fresh")
        (asking,) = await _asking(cache, source, 1)
        await change()
        source.answer.set()
        await asking
        kept, answer = await cache.get("k", MISS), await cache.get_or_load("k", source)
        await cache.delete("k")
        return kept, answer


async def _asking(
    cache: LoadingCache[Any], source: Source, times: int, key: str = "k"
) -> list[asyncio.Task[Any]]:
    """Ask that many times at once; return once the source has been asked and everyone waits."""
    asking = [asyncio.create_task(cache.get_or_load(key, source)) for _ in range(times)]
    await until(source.asked.is_set)
    await settled()
    return asking
