"""`CircuitBreakingHttpClient` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.gateway.contracts.circuit_breaking_contract import (
    CircuitBreakingContract,
)
from infra_ref.gateway.decorators.circuit_breaking_http_client import (
    CircuitBreakingHttpClient,
)


class TestCircuitBreaking(CircuitBreakingContract):
    def make(self) -> type[CircuitBreakingHttpClient]:
        return CircuitBreakingHttpClient
