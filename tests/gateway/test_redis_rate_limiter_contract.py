"""`RedisRateLimiter` keeps every rule of its contract, on fakeredis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import fakeredis

from infra_ref.gateway.contracts.rate_limiter_contract import RateLimiterContract
from infra_ref.gateway.rate_limiting.rate_window import Rate
from infra_ref.gateway.rate_limiting.redis_rate_limiter import RedisRateLimiter

SLACK = 0.05


class RealTimeLimiter(RateLimiterContract):
    rate = Rate(5, 0.8)
    late = 0.3
    others = 5  # the server forgets by itself, each key at its time


class TestOnFakeredis(RealTimeLimiter):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[RedisRateLimiter]:
        async with fakeredis.FakeAsyncRedis() as client:
            yield RedisRateLimiter(client, self.rate, namespace="limit", slack=SLACK)
