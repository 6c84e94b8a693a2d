"""What every `LoadingCache` promises: however many ask, one load, and never a value that was deleted."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from infra_ref.caching.contracts.distributed_contract import DistributedCacheContract
from infra_ref.caching.contracts.examples import MISS
from infra_ref.caching.contracts.one_load_contract import OVERTAKEN, OneLoadRules
from infra_ref.caching.loading_port import LoadingCache
from infra_ref.caching.testing.source import Source, settled
from infra_ref.contract import raised, rule


class LoadingCacheContract(OneLoadRules, DistributedCacheContract):
    """The rules of a `DistributedCache`, and those of loading."""

    port = LoadingCache

    @rule("LOAD-16", "two instances on one store make one load")
    async def one_load_for_two(self, cache: LoadingCache[Any], another: Any) -> None:
        source, other = Source("v"), await another()
        asking = [
            asyncio.create_task(one.get_or_load("k", source)) for one in (cache, other) for _ in range(100)
        ]
        await source.asked.wait()
        await asyncio.sleep(0.02)
        source.answer.set()
        assert set(await asyncio.gather(*asking)) == {"v"}
        assert source.loads == 1

    @rule("LOAD-17", "a delete by another instance during a load wins")
    async def distant_delete_wins(self, cache: LoadingCache[Any], another: Any) -> None:
        other = await another()
        assert await self._after(cache, lambda: other.delete("k")) == OVERTAKEN

    @rule("LOAD-18", "if the instance that loads fails, the other takes over at once")
    async def takes_over(self, cache: LoadingCache[Any], another: Any) -> None:
        failing, other = Source(ZeroDivisionError("no")), await another()
        first = asyncio.create_task(cache.get_or_load("k", failing))
        await failing.asked.wait()
        second = asyncio.create_task(other.get_or_load("k", Source.ready("v")))
        await asyncio.sleep(0.01)
        failing.answer.set()
        await asyncio.gather(first, return_exceptions=True)
        async with asyncio.timeout(1):
            assert await second == "v"

    @rule("LOAD-19", "refresh loads anew and replaces a live value")
    async def refresh_replaces(self, cache: LoadingCache[Any]) -> None:
        await cache.set("k", "old")
        assert await cache.refresh("k", Source.ready("new")) == "new"
        assert await cache.get("k") == "new"

    @rule("LOAD-20", "a delete or a set during a refresh wins")
    async def refresh_is_overtaken(self, cache: LoadingCache[Any]) -> None:
        for change, then in ((lambda: cache.delete("k"), MISS), (lambda: cache.set("k", "newer"), "newer")):
            await cache.set("k", "old")
            source = Source("stale")
            refreshing = asyncio.create_task(cache.refresh("k", source))
            await source.asked.wait()
            await change()
            source.answer.set()
            await refreshing
            assert await cache.get("k", MISS) == then

    @rule(
        "LOAD-21", "what cannot be stored is refused, and whoever asks next does not wait for it", full=True
    )
    async def unstorable_blocks_nobody(self, cache: LoadingCache[Any]) -> None:
        with raised(TypeError):
            await cache.get_or_load("k", Source.ready(threading.Lock()))
        async with asyncio.timeout(1):
            assert await cache.get_or_load("k", Source.ready("v")) == "v"

    @rule(
        "LOAD-22", "however often the key changes meanwhile, nobody waits for more than two loads", full=True
    )
    async def two_loads_at_most(self, cache: LoadingCache[Any]) -> None:
        loads = 0

        async def overtaken() -> int:
            nonlocal loads
            loads += 1
            await settled()
            await cache.delete("k")
            return loads

        await asyncio.gather(*(cache.get_or_load("k", overtaken) for _ in range(10)))
        assert loads <= 2

    @rule("LOAD-23", "a loader that asks for its own key is refused: it would wait for ever", full=True)
    async def no_waiting_for_oneself(self, cache: LoadingCache[Any]) -> None:
        async def asks_itself() -> Any:
            async with asyncio.TaskGroup() as group:
                return await group.create_task(cache.get_or_load("k", Source.ready("v")))

        async with asyncio.timeout(1):
            asking = await asyncio.gather(cache.get_or_load("k", asks_itself), return_exceptions=True)
        error = asking[0].exceptions[0] if isinstance(asking[0], ExceptionGroup) else asking[0]
        assert type(error) is RuntimeError
        assert await cache.get_or_load("k", Source.ready("v")) == "v"

    @rule("LOAD-24", "who refreshes after a write does not get what was being loaded before it")
    async def no_joining_a_past_refresh(self, cache: LoadingCache[Any]) -> None:
        for change in (lambda: cache.delete("k"), lambda: cache.set("k", "newer")):
            await cache.set("k", "old")
            before = Source("stale")
            first = asyncio.create_task(cache.refresh("k", before))
            await before.asked.wait()
            await change()
            second = asyncio.create_task(cache.refresh("k", Source.ready("new")))
            await settled()
            before.answer.set()
            assert await second == "new"
            await first
