"""`EntityStrategy` keeps every rule of its contract."""

from __future__ import annotations

import random
from typing import Any

from infra_ref.caching.contracts.strategy_contract import CacheStrategyContract
from infra_ref.caching.entity_strategy import EntityStrategy


class TestEntityStrategy(CacheStrategyContract):
    bounds = (90.0, 110.0)
    stale_after = "user.changed"

    def make(self) -> EntityStrategy[Any]:
        return EntityStrategy(ttl=100.0, jitter=0.1, stale_after={"user.changed"}, random=random.Random(7))
