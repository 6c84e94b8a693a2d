"""What a cache promises that goes on without its store."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from infra_ref.caching.contracts.examples import MISS
from infra_ref.caching.leasing_port import LeasingCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.contract import Contract, raised, rule, tool

MANY = 20_000
Call = Callable[[], Awaitable[Any]]


class FailSafeCacheContract(Contract):
    """The cache must also count, in `missed_reads` and `dropped_writes`."""

    port = LeasingCache

    outage = tool("cut() and restore(): take the store away and bring it back")

    @rule("SAFE-01", "while the store is gone reads are misses, and are counted")
    async def reads_miss(self, cache: Any, outage: Any) -> None:
        await cache.set("k", "v")
        await outage.cut()
        assert await cache.get("k", MISS) is MISS
        assert await cache.get_multiple(["k"]) == {}
        assert await cache.exists("k") is False
        assert cache.missed_reads == 3

    @rule("SAFE-02", "while the store is gone writes are dropped, and are counted")
    async def writes_are_dropped(self, cache: Any, outage: Any) -> None:
        await outage.cut()
        await cache.set("k", "v")
        await cache.set_multiple({"k": "v"})
        assert await cache.delete("k") is False
        assert await cache.delete_multiple(["k"]) == 0
        assert await cache.invalidate_pattern("*") == 0
        await cache.clear()
        assert cache.dropped_writes == 6

    @rule("SAFE-03", "once the store is back, what was cached before is there again")
    async def comes_back(self, cache: Any, outage: Any) -> None:
        await cache.set("k", "v")
        await _while_away(outage, lambda: cache.get("k"))
        assert await cache.get("k") == "v"

    @rule("SAFE-04", "a delete that was dropped is made up for before the key is read again")
    async def owes_deletes(self, cache: Any, outage: Any) -> None:
        writes: list[Call] = [lambda: cache.delete("k"), lambda: cache.delete_multiple(["k"])]
        for forget in writes:
            await cache.set_multiple({"k": "old", "other": "v"})
            await _while_away(outage, forget)
            assert await cache.get("k", MISS) is MISS
            assert await cache.get("other") == "v"

    @rule("SAFE-05", "a set that was dropped leaves no older value to be read")
    async def owes_sets(self, cache: Any, outage: Any) -> None:
        writes: list[Call] = [lambda: cache.set("k", "new"), lambda: cache.set_multiple({"k": "new"})]
        for store in writes:
            await cache.set("k", "old")
            await _while_away(outage, store)
            assert await cache.get("k", MISS) is MISS

    @rule("SAFE-06", "a pattern or a clear that was dropped is made up for before a key of it is read again")
    async def owes_patterns(self, cache: Any, outage: Any) -> None:
        await cache.set_multiple({"user:1": "old", "order:1": "v"})
        await _while_away(outage, lambda: cache.invalidate_pattern("user:*"))
        assert await cache.get_multiple(["user:1", "order:1"]) == {"order:1": "v"}
        await _while_away(outage, cache.clear)
        assert await cache.exists("order:1") is False

    @rule("SAFE-07", "what is owed is owed once: a value that is set afterwards stays")
    async def owes_once(self, cache: Any, outage: Any) -> None:
        await _while_away(outage, lambda: cache.delete("k"), cache.clear)
        await cache.set("k", "new")
        assert await cache.get("k") == "new"
        assert await cache.get("k") == "new"

    @rule(
        "SAFE-08",
        "with very many deletes dropped it forgets everything rather than something less",
        full=True,
    )
    async def owes_within_bounds(self, cache: Any, outage: Any) -> None:
        await cache.set("k0", "old")
        halves = ([f"{letter}{n}" for n in range(MANY)] for letter in "kx")
        await _while_away(outage, *(partial(cache.delete_multiple, keys) for keys in halves))
        assert await cache.get("k0", MISS) is MISS

    @rule("SAFE-09", "bad input is still refused while the store is gone", full=True)
    async def still_refuses(self, cache: Any, outage: Any) -> None:
        await outage.cut()
        with raised(TypeError, "set of a lock"):
            await cache.set("k", threading.Lock())
        with raised(TypeError, "get(7)"):
            await cache.get(7)
        with raised(TypeError, "ttl='60'"):
            await cache.set("k", "v", ttl="60")

    @rule("SAFE-10", "while the store is gone a lease raises: whoever loads must know")
    async def leases_say_so(self, cache: Any, outage: Any) -> None:
        await outage.cut()
        with raised(CacheUnavailable):
            await cache.lease("k", seconds=1)

    @rule(
        "SAFE-11",
        "with very many patterns dropped it forgets everything rather than something less",
        full=True,
    )
    async def owes_few_patterns(self, cache: Any, outage: Any) -> None:
        await cache.set_multiple({"p0:1": "old", "other": "v"})
        patterns = (f"p{n}:*" for n in range(1000))
        await _while_away(outage, *(partial(cache.invalidate_pattern, one) for one in patterns))
        assert await cache.get_multiple(["p0:1", "other"]) == {}

    @rule("SAFE-12", "a reader that is cancelled while a clear is made up for takes no other reader along")
    async def cancelled_readers(self, cache: Any, outage: Any) -> None:
        for turns in range(6):
            await cache.set("k", "old")
            await _while_away(outage, cache.clear)
            first, *others = [asyncio.create_task(cache.get("k", MISS)) for _ in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)
            first.cancel()
            seen = await asyncio.gather(first, *others, return_exceptions=True)
            assert seen[1:] == [MISS, MISS], f"the first was cancelled after {turns} turns"


async def _while_away(outage: Any, *calls: Call) -> None:
    """Make the calls while the store is gone, and then bring it back."""
    await outage.cut()
    for call in calls:
        await call()
    await outage.restore()
