"""What a cache promises, besides being one, that keeps its values from the eyes of its store."""

from __future__ import annotations

from typing import Any

from infra_ref.caching.port import Cache
from infra_ref.contract import Contract, rule, tool

SECRET = "swordfish"


class EncryptingContract(Contract):
    """Subclass it beside the contract of caches."""

    port = Cache
    inner: Any = tool("the cache inside")
    rotated: Any = tool("a function that returns a cache on the same store, with a newer key in front")
    stranger: Any = tool("a function that returns a cache on the same store, with another key")

    @rule("ENC-01", "the store never sees a value")
    async def hides(self, cache: Cache[Any], inner: Any) -> None:
        await cache.set("user:1", {"password": SECRET})
        assert SECRET not in str(await inner.get("user:1"))
        assert await cache.get("user:1") == {"password": SECRET}

    @rule("ENC-02", "a value that was moved to another key is a miss")
    async def moved(self, cache: Cache[Any], inner: Any) -> None:
        await cache.set("user:1", "ann")
        await inner.set("user:2", await inner.get("user:1"))
        assert await cache.get("user:2") is None
        assert not await cache.exists("user:2")

    @rule("ENC-03", "a value that was changed in the store, or written by another, is a miss")
    async def changed(self, cache: Cache[Any], inner: Any) -> None:
        await cache.set("a", "ann")
        sealed = await inner.get("a")
        for changed in (sealed[:-8] + "AAAAAAA=", sealed[:-4], "plain", "", 7, None):
            await inner.set("a", changed)
            assert await cache.get("a", "a miss") == "a miss"

    @rule("ENC-04", "with another key, everything is a miss")
    async def strange(self, cache: Cache[Any], stranger: Any) -> None:
        await cache.set("a", "ann")
        assert await stranger().get("a") is None

    @rule("ENC-05", "after a rotation, old values are read")
    async def rotates(self, cache: Cache[Any], rotated: Any) -> None:
        await cache.set("a", "ann")
        assert await rotated().get("a") == "ann"
