"""What every `DistributedCache` promises: many keys in one trip, and none of another's."""

from __future__ import annotations

import threading
from typing import Any

from infra_ref.caching.contracts.cache_contract import CacheContract
from infra_ref.caching.contracts.examples import A_BIT_MORE, BRIEFLY, MISS
from infra_ref.caching.port import ABSENT, DistributedCache
from infra_ref.contract import Passing, raised, rule, tool


class DistributedCacheContract(CacheContract):
    """The rules of a `Cache`, and those of many keys at once."""

    port = DistributedCache

    another = tool("another(): a second cache on the same store and namespace")
    neighbour = tool("neighbour(): a cache on the same store in another namespace")

    @rule("MULTI-01", "get_multiple gives the live ones, in the order asked for")
    async def gets_the_live_ones(self, cache: DistributedCache[Any], clock: Passing) -> None:
        await cache.set("old", "v", ttl=BRIEFLY)
        await cache.set("a", 1)
        await cache.set("b", 2)
        await clock.advance(A_BIT_MORE)
        assert list((await cache.get_multiple(["b", "old", "never", "a"])).items()) == [("b", 2), ("a", 1)]

    @rule("MULTI-02", "None and ABSENT are among what get_multiple gives", full=True)
    async def gets_none_and_absent(self, cache: DistributedCache[Any]) -> None:
        await cache.set("none", None)
        await cache.set("absent", ABSENT)
        assert await cache.get_multiple(["none", "absent", "miss"]) == {"none": None, "absent": ABSENT}

    @rule("MULTI-03", "no keys are no error and change nothing")
    async def nothing_to_do(self, cache: DistributedCache[Any]) -> None:
        await cache.set("k", "v")
        assert await cache.get_multiple([]) == {}
        await cache.set_multiple({})
        assert await cache.delete_multiple([]) == 0
        assert await cache.get("k") == "v"

    @rule("MULTI-04", "set_multiple stores all, with one time to live")
    async def sets_all(self, cache: DistributedCache[Any], clock: Passing) -> None:
        await cache.set_multiple({"a": 1, "b": [2]}, ttl=BRIEFLY)
        assert await cache.get_multiple(["a", "b"]) == {"a": 1, "b": [2]}
        await clock.advance(A_BIT_MORE)
        assert await cache.get_multiple(["a", "b"]) == {}

    @rule(
        "MULTI-05",
        "set_multiple with a bad key or value is refused, and stores nothing",
        needs="batches",
        full=True,
    )
    async def sets_all_or_none(self, cache: DistributedCache[Any]) -> None:
        bad_key: Any = {"a": 1, 7: 2}
        with raised(TypeError, "a key 7"):
            await cache.set_multiple(bad_key)
        with raised(TypeError, "a lock as a value"):
            await cache.set_multiple({"a": 1, "b": threading.Lock()})
        assert await cache.get("a", MISS) is MISS

    @rule("MULTI-06", "delete_multiple forgets them, and counts each that was there once")
    async def deletes_all(self, cache: DistributedCache[Any]) -> None:
        await cache.set_multiple({"a": 1, "b": 2, "c": 3})
        assert await cache.delete_multiple(["a", "b", "a", "never"]) == 2
        assert await cache.get_multiple(["a", "b", "c"]) == {"c": 3}

    @rule("MULTI-07", "keys may come from a generator", full=True)
    async def takes_generators(self, cache: DistributedCache[Any]) -> None:
        await cache.set_multiple({"a": 1, "b": 2})
        assert await cache.get_multiple(key for key in ("a", "b")) == {"a": 1, "b": 2}
        assert await cache.delete_multiple(key for key in ("a", "b")) == 2

    @rule("MULTI-08", "changing a value that get_multiple gave changes nothing cached")
    async def hands_out_many_copies(self, cache: DistributedCache[Any]) -> None:
        await cache.set("k", ["a"])
        (await cache.get_multiple(["k"]))["k"].append("b")
        assert await cache.get_multiple(["k"]) == {"k": ["a"]}

    @rule("MULTI-09", "a pattern forgets what matches it and nothing else, and counts them")
    async def invalidates(self, cache: DistributedCache[Any]) -> None:
        await cache.set_multiple(dict.fromkeys(["user:1", "user:22", "user:\n3", "users", "my user:1"], "v"))
        assert await cache.invalidate_pattern("user:?") == 1
        assert await cache.invalidate_pattern("user:*") == 2
        assert await cache.get_multiple(["user:22", "users", "my user:1"]) == {"users": "v", "my user:1": "v"}

    @rule("MULTI-10", "in a pattern `?` is one character, however many bytes it takes", full=True)
    async def one_character(self, cache: DistributedCache[Any]) -> None:
        await cache.set_multiple({"né": 1, "nie": 2, "ne": 3})
        assert await cache.invalidate_pattern("n?") == 2
        assert await cache.exists("nie") is True

    @rule(
        "MULTI-11",
        "in a pattern a backslash makes the next character literal; brackets are literal anyway",
        full=True,
    )
    async def literal_characters(self, cache: DistributedCache[Any]) -> None:
        await cache.set_multiple(dict.fromkeys(["a*", "ab", "[ab]", "a", "b", "x\\y", "x-y"], "v"))
        assert await cache.invalidate_pattern(r"a\*") == 1
        assert await cache.invalidate_pattern("[ab]") == 1
        assert await cache.invalidate_pattern(r"x\\y") == 1
        assert set(await cache.get_multiple(["ab", "a", "b", "x-y"])) == {"ab", "a", "b", "x-y"}

    @rule("MULTI-12", "patterns and clear reach all of several thousand keys")
    async def reaches_all(self, cache: DistributedCache[Any]) -> None:
        await cache.set_multiple({f"even:{n}" if n % 2 == 0 else f"odd:{n}": n for n in range(3000)})
        assert await cache.invalidate_pattern("even:*") == 1500
        await cache.clear()
        assert await cache.get_multiple(f"odd:{n}" for n in range(3000)) == {}

    @rule("MULTI-13", "clear and patterns stay in their namespace")
    async def stays_in_its_namespace(self, cache: DistributedCache[Any], neighbour: Any) -> None:
        other = await neighbour()
        await other.set("k", "theirs")
        await cache.set("k", "ours")
        assert await other.get("k") == "theirs"
        await cache.invalidate_pattern("*")
        await cache.clear()
        assert await other.get("k") == "theirs"

    @rule("MULTI-14", "what one instance writes or forgets, another on the same store sees")
    async def is_shared(self, cache: DistributedCache[Any], another: Any) -> None:
        other = await another()
        await cache.set("k", "v")
        assert await other.get("k") == "v"
        await other.delete("k")
        assert await cache.get("k", MISS) is MISS
