"""The whole stack is a client like any other: it keeps every rule of one."""

from __future__ import annotations

from functools import cached_property

from infra_ref.clock import FakeClock
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.make_resilient import resilient
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.gateway.policies.circuit_breaker import BreakerPolicy
from infra_ref.gateway.port import HttpClient
from infra_ref.gateway.rate_limiting.memory_rate_limiter import MemoryRateLimiter
from infra_ref.gateway.rate_limiting.rate_window import Rate


class TestTheWholeStack(HttpClientContract):
    """Every rule of a client holds for it: it adds nothing that a caller could be surprised by."""

    @cached_property
    def peer(self) -> MemoryServer:
        return MemoryServer()

    def make(self, clock: FakeClock) -> HttpClient:
        inner = MemoryHttpClient(self.peer, clock=clock)
        limiter = MemoryRateLimiter(Rate(1000, 1.0), clock=clock)
        policy = BreakerPolicy(window=200, failures=200)
        return resilient(
            inner,
            limiter=limiter,
            concurrent=100,
            breaker=policy,
            clock=clock,
        )
