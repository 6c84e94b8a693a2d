"""What a `LoadingCache` promises that may answer with a stale value while it fetches a fresh one."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.caching.loading_port import LoadingCache
from infra_ref.caching.testing.source import Source, settled, until
from infra_ref.contract import Contract, Passing, raised, rule, tool

TTL = 0.2
STALE_FOR = 0.4
PAUSE = 0.1
"""Seconds. The cache under test must serve stale values for `STALE_FOR`, and wait `PAUSE` after a failure."""


class StaleCacheContract(Contract):
    """The cache must also have `aclose`, which ends its refreshes."""

    port = LoadingCache

    wall = tool("jump(seconds): set the wall clock of the machine forward or back")

    @rule("STALE-01", "past its time to live the old value is answered without waiting for the new one")
    async def answers_at_once(self, cache: Any, clock: Passing) -> None:
        slow = await _stale(cache, clock, "new")
        async with asyncio.timeout(0.5):
            assert await cache.get_or_load("k", slow, ttl=TTL) == "old"

    @rule("STALE-02", "however many get the stale value, one refresh runs, and then all get the new one")
    async def refreshes_once(self, cache: Any, clock: Passing) -> None:
        source = await _stale(cache, clock, "new")
        asking = (cache.get_or_load("k", source, ttl=TTL) for _ in range(100))
        assert set(await asyncio.gather(*asking)) == {"old"}
        source.answer.set()
        await until(lambda: source.running == 0)
        await settled()
        assert await cache.get_or_load("k", source, ttl=TTL) == "new"
        assert source.loads == 1

    @rule("STALE-03", "a refresh that fails leaves the old value to be served")
    async def survives_errors(self, cache: Any, clock: Passing) -> None:
        failing = await _stale(cache, clock, ZeroDivisionError("no"))
        failing.answer.set()
        assert await cache.get_or_load("k", failing, ttl=TTL) == "old"
        await settled()
        assert await cache.get_or_load("k", failing, ttl=TTL) == "old"
        assert failing.loads == 1

    @rule("STALE-04", "a refresh that failed is tried again after a pause")
    async def tries_again(self, cache: Any, clock: Passing) -> None:
        source = await _stale(cache, clock, ZeroDivisionError("no"), "new")
        source.answer.set()
        await cache.get_or_load("k", source, ttl=TTL)
        await settled()
        await clock.advance(PAUSE)
        await cache.get_or_load("k", source, ttl=TTL)
        await settled()
        assert await cache.get_or_load("k", source, ttl=TTL) == "new"

    @rule("STALE-05", "past the time for stale values a load is waited for, and its error is raised")
    async def not_for_ever(self, cache: Any, clock: Passing) -> None:
        await cache.set("k", "old", ttl=TTL)
        await clock.advance(TTL + STALE_FOR + 0.05)
        with raised(ZeroDivisionError):
            await cache.get_or_load("k", Source.ready(ZeroDivisionError("no")), ttl=TTL)
        assert await cache.get_or_load("k", Source.ready("new"), ttl=TTL) == "new"

    @rule("STALE-06", "a delete during a refresh wins")
    async def delete_wins(self, cache: Any, clock: Passing) -> None:
        source = await _stale(cache, clock, "older than the delete")
        await cache.get_or_load("k", source, ttl=TTL)
        await source.asked.wait()
        await cache.delete("k")
        source.answer.set()
        await settled()
        assert await cache.get_or_load("k", Source.ready("new"), ttl=TTL) == "new"

    @rule("STALE-07", "get and exists know no stale values")
    async def only_loading_is_stale(self, cache: Any, clock: Passing) -> None:
        await _stale(cache, clock, "new")
        assert await cache.get("k", "default") == "default"
        assert await cache.exists("k") is False
        assert await cache.get_multiple(["k"]) == {}

    @rule("STALE-08", "aclose ends the refreshes that are under way, and none begins after it")
    async def closes(self, cache: Any, clock: Passing) -> None:
        source = await _stale(cache, clock, "new")
        await cache.get_or_load("k", source, ttl=TTL)
        await source.asked.wait()
        await cache.aclose()
        assert source.running == 0
        assert await cache.get_or_load("k", source, ttl=TTL) == "old"
        await settled()
        assert source.running == 0

    @rule("STALE-09", "a wall clock that is set back makes no value fresh for longer", full=True)
    async def set_back(self, cache: Any, clock: Passing, wall: Any) -> None:
        await cache.set("k", "old", ttl=TTL)
        wall.jump(-3600)
        await clock.advance(TTL + 0.05)
        assert await cache.get("k", "default") == "default"
        await cache.set("k", "new", ttl=TTL)
        assert await cache.get("k") == "new"


async def _stale(cache: Any, clock: Passing, *values: Any) -> Source:
    """Let `k` be stale; return a source that will answer with `values`."""
    await cache.set("k", "old", ttl=TTL)
    await clock.advance(TTL + 0.05)
    return Source(*values)
