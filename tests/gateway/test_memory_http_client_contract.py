"""`MemoryHttpClient` keeps every rule of its contract."""

from __future__ import annotations

from functools import cached_property

from infra_ref.clock import FakeClock
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer


class TestMemoryHttpClient(HttpClientContract):
    @cached_property
    def peer(self) -> MemoryServer:
        return MemoryServer()

    def make(self, clock: FakeClock) -> MemoryHttpClient:
        return MemoryHttpClient(self.peer, clock=clock)
