"""What every `LeasingCache` promises: no fill stores something that is out of date."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

from infra_ref.caching.contracts.distributed_contract import DistributedCacheContract
from infra_ref.caching.contracts.examples import A_BIT_MORE, BRIEFLY, MINUTE, MISS
from infra_ref.caching.leasing_port import Lease, LeasingCache
from infra_ref.caching.port import ABSENT
from infra_ref.contract import Passing, raised, rule


class LeasingCacheContract(DistributedCacheContract):
    """The rules of a `DistributedCache`, and those of leases."""

    port = LeasingCache

    @rule("LEASE-01", "a missing key can be leased, and filled once")
    async def lease_and_fill(self, cache: LeasingCache[Any]) -> None:
        lease = await _leased(cache)
        assert await cache.fill(lease, "v") is True
        assert await cache.get("k") == "v"
        assert await cache.fill(lease, "again") is False
        assert await cache.get("k") == "v"

    @rule("LEASE-02", "of 50 that ask at once, one gets the lease")
    async def one_holder(self, cache: LeasingCache[Any]) -> None:
        asked = await asyncio.gather(*(cache.lease("k", seconds=MINUTE) for _ in range(50)))
        assert sum(lease is not None for lease in asked) == 1

    @rule("LEASE-03", "a live key cannot be leased; None and ABSENT are live")
    async def live_is_not_leased(self, cache: LeasingCache[Any]) -> None:
        for value in ("v", None):
            await cache.set("k", value)
            assert await cache.lease("k", seconds=MINUTE) is None
            assert await cache.get("k", MISS) == value

    @rule("LEASE-04", "a leased key is a miss")
    async def leased_is_a_miss(self, cache: LeasingCache[Any]) -> None:
        await _leased(cache)
        assert await cache.get("k", MISS) is MISS
        assert await cache.exists("k") is False
        assert await cache.get_multiple(["k"]) == {}

    @rule("LEASE-05", "a delete voids the lease")
    async def delete_voids(self, cache: LeasingCache[Any]) -> None:
        lease = await _leased(cache)
        assert await cache.delete("k") is True
        assert await cache.fill(lease, "stale") is False
        assert await cache.get("k", MISS) is MISS

    @rule("LEASE-06", "a set voids the lease")
    async def set_voids(self, cache: LeasingCache[Any]) -> None:
        lease = await _leased(cache)
        await cache.set("k", "new")
        assert await cache.fill(lease, "stale") is False
        assert await cache.get("k") == "new"

    @rule("LEASE-07", "a set_multiple, a delete_multiple, a pattern and a clear void it too")
    async def all_writes_void(self, cache: LeasingCache[Any]) -> None:
        for write in (
            lambda: cache.set_multiple({"k": "new"}),
            lambda: cache.delete_multiple(["k"]),
            lambda: cache.invalidate_pattern("k*"),
            cache.clear,
        ):
            await cache.delete("k")
            lease = await _leased(cache)
            await write()
            assert await cache.fill(lease, "stale") is False

    @rule("LEASE-08", "a lease lapses: the next may have it, and the late fill is refused")
    async def lapses(self, cache: LeasingCache[Any], clock: Passing) -> None:
        late = await _leased(cache, seconds=BRIEFLY)
        await clock.advance(A_BIT_MORE)
        lease = await _leased(cache)
        assert await cache.fill(late, "stale") is False
        assert await cache.fill(lease, "new") is True

    @rule("LEASE-09", "a lease that was given back can be had at once, and serves no more")
    async def release_frees(self, cache: LeasingCache[Any]) -> None:
        first = await _leased(cache)
        await cache.release(first)
        second = await _leased(cache)
        await cache.release(first)
        assert await cache.fill(first, "stale") is False
        assert await cache.fill(second, "new") is True
        await cache.release(second)
        assert await cache.get("k") == "new"

    @rule("LEASE-10", "a fill has a time to live like a set")
    async def fill_expires(self, cache: LeasingCache[Any], clock: Passing) -> None:
        await cache.fill(await _leased(cache), "v", ttl=BRIEFLY)
        await clock.advance(A_BIT_MORE)
        assert await cache.get("k", MISS) is MISS

    @rule("LEASE-11", "a live key can be leased to replace it, and stays live meanwhile")
    async def replaces_live(self, cache: LeasingCache[Any]) -> None:
        await cache.set("k", "old")
        lease = await _leased(cache, live=True)
        assert await cache.get("k") == "old"
        assert await cache.fill(lease, "new") is True
        assert await cache.get("k") == "new"

    @rule("LEASE-12", "a delete or a set voids the right to replace a live key")
    async def live_is_voided(self, cache: LeasingCache[Any]) -> None:
        await cache.set("k", "old")
        lease = await _leased(cache, live=True)
        await cache.delete("k")
        assert await cache.fill(lease, "stale") is False
        assert await cache.get("k", MISS) is MISS
        await cache.set("k", "newer")
        assert await cache.fill(lease, "stale") is False
        assert await cache.get("k") == "newer"

    @rule("LEASE-13", "of two that may replace a live key, the first to fill wins")
    async def first_fill_wins(self, cache: LeasingCache[Any]) -> None:
        await cache.set("k", "old")
        one, two = await _leased(cache, live=True), await _leased(cache, live=True)
        assert await cache.fill(two, "second") is True
        assert await cache.fill(one, "first") is False
        assert await cache.get("k") == "second"

    @rule("LEASE-14", "giving back the right to replace a live key leaves it live")
    async def live_release(self, cache: LeasingCache[Any]) -> None:
        await cache.set("k", "v")
        await cache.release(await _leased(cache, live=True))
        assert await cache.get("k") == "v"

    @rule("LEASE-15", "leases hold across instances, and so do the deletes that void them")
    async def shared_leases(self, cache: LeasingCache[Any], another: Any) -> None:
        other = await another()
        lease = await _leased(cache)
        assert await other.lease("k", seconds=MINUTE) is None
        await other.delete("k")
        assert await cache.fill(lease, "stale") is False

    @rule("LEASE-16", "a key with a damaged payload can be leased and filled")
    async def damaged_is_leased(self, cache: LeasingCache[Any], plant: Any) -> None:
        await cache.set("k", "v")
        await plant("k", b"not ours")
        assert await cache.fill(await _leased(cache), "new") is True
        assert await cache.get("k") == "new"

    @rule(
        "LEASE-17", "setting a live key to the value that it has voids the right to replace it too", full=True
    )
    async def the_same_again(self, cache: LeasingCache[Any]) -> None:
        for value in ("v", ABSENT):
            await cache.set("k", value)
            lease = await _leased(cache, live=True)
            await cache.set("k", value)
            assert await cache.fill(lease, "stale") is False
            assert await cache.get("k") == value

    @rule("LEASE-18", "a caller cancelled while it asks for a lease keeps no other waiting", full=True)
    async def cancelled_asking(self, cache: LeasingCache[Any]) -> None:
        for turns in range(12):
            asking = asyncio.create_task(cache.lease(f"k{turns}", seconds=MINUTE))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait({asking})
            if asking.cancelled():
                lease = await cache.lease(f"k{turns}", seconds=MINUTE)
                assert lease is not None, f"cancelled after {turns} turns"

    @rule("LEASE-19", "a lease of no time, or of what is no number, is refused", full=True)
    async def lasts_some_time(self, cache: LeasingCache[Any]) -> None:
        bad: Any = [*((value, ValueError) for value in (0, -1, None, float("nan"))), ("9", TypeError)]
        for seconds, error in bad:
            with raised(error, f"seconds={seconds!r}"):
                await cache.lease("k", seconds=seconds)
        assert await cache.lease("k", seconds=MINUTE) is not None

    @rule(
        "LEASE-20",
        "a fill with a bad value or time to live is refused, also when its lease is void",
        full=True,
    )
    async def fills_are_checked(self, cache: LeasingCache[Any]) -> None:
        lease, bad_ttl = await _leased(cache), cast(Any, "60")
        for _ in range(2):
            with raised(TypeError, "a lock as a value"):
                await cache.fill(lease, threading.Lock())
            with raised(TypeError, "ttl='60'"):
                await cache.fill(lease, "v", ttl=bad_ttl)
            await cache.delete("k")

    @rule("LEASE-21", "of many that fill at once, one stores, and only that one returns true")
    async def fills_at_once(self, cache: LeasingCache[Any]) -> None:
        for _ in range(4):  # at first, a client's connections have to be made, one after another
            await cache.set("k", "old")
            leases = [await _leased(cache, live=True) for _ in range(10)]
            stored = await asyncio.gather(*(cache.fill(lease, n) for n, lease in enumerate(leases)))
            assert sum(stored) == 1
            assert await cache.get("k") == stored.index(True)


async def _leased(cache: LeasingCache[Any], *, seconds: float = MINUTE, live: bool = False) -> Lease:
    lease = await cache.lease("k", seconds=seconds, live=live)
    assert lease is not None, "the key could not be leased"
    return lease
