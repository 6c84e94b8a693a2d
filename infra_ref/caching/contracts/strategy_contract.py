"""What every `CacheStrategy` promises."""

from __future__ import annotations

import math
from typing import Any

from infra_ref.caching.strategy_port import CacheStrategy
from infra_ref.contract import Contract, rule, tool
from infra_ref.events import DomainEvent


class CacheStrategyContract(Contract):
    """A strategy decides; it does not cache."""

    port = CacheStrategy

    bounds = tool("(least, most): the seconds that get_ttl may give")
    stale_after = tool("the type of an event after which something cached is out of date")

    @rule("STRAT-01", "no two things share a key")
    async def keys_are_distinct(self, strategy: CacheStrategy[Any]) -> None:
        things = [("a", "b:c"), ("a:b", "c"), ("a", "b"), ("a%3Ab", "c"), ("", "a:b"), ("a", "")]
        keys = [strategy.get_key(prefix, identifier) for prefix, identifier in things]
        assert len(set(keys)) == len(things), f"{keys}"

    @rule("STRAT-02", "the same thing has the same key")
    async def keys_are_stable(self, strategy: CacheStrategy[Any]) -> None:
        assert strategy.get_key("user", "7") == strategy.get_key("user", "7")

    @rule("STRAT-03", "a time to live is None or a number that a cache can keep")
    async def ttl_is_usable(self, strategy: CacheStrategy[Any]) -> None:
        for n in range(200):
            ttl = strategy.get_ttl(f"k{n}", "v")
            assert ttl is None or (math.isfinite(ttl) and ttl > 0), f"{ttl}"

    @rule("STRAT-04", "jitter stays within its bounds, and is there")
    async def jitter_is_bounded(self, strategy: CacheStrategy[Any], bounds: tuple[float, float]) -> None:
        ttls = [strategy.get_ttl("k", "v") or 0 for _ in range(1000)]
        assert min(ttls) >= bounds[0]
        assert max(ttls) <= bounds[1]
        assert len(set(ttls)) > 900

    @rule("STRAT-05", "an event that changes what is cached makes it stale; one that does not, does not")
    async def events(self, strategy: CacheStrategy[Any], stale_after: str) -> None:
        assert strategy.should_invalidate(DomainEvent(type=stale_after, subject="7")) is True
        assert strategy.should_invalidate(DomainEvent(type="weather.changed", subject="7")) is False
