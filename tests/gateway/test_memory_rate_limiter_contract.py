"""`MemoryRateLimiter` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.clock import FakeClock
from infra_ref.gateway.contracts.rate_limiter_contract import RateLimiterContract
from infra_ref.gateway.rate_limiting.memory_rate_limiter import MemoryRateLimiter


class TestMemoryRateLimiter(RateLimiterContract):
    def make(self, clock: FakeClock) -> MemoryRateLimiter:
        return MemoryRateLimiter(self.rate, clock=clock)
