"""Traced, a client is a client like any other: `TracedHttpClient` keeps every rule of one."""

from __future__ import annotations

from functools import cached_property

from infra_ref.clock import FakeClock
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.observability.decorators.traced_http_client import TracedHttpClient
from infra_ref.observability.memory_tracer import MemoryTracer


class TestTracedHttpClient(HttpClientContract):
    @cached_property
    def peer(self) -> MemoryServer:
        return MemoryServer()

    def make(self, clock: FakeClock) -> TracedHttpClient:
        return TracedHttpClient(MemoryHttpClient(self.peer, clock=clock), MemoryTracer(), peer="peer")
