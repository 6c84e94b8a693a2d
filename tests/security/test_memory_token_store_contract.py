"""`MemoryTokenStore` keeps every rule of its contract."""

from __future__ import annotations

from typing import Any, ClassVar

from infra_ref.clock import FakeClock
from infra_ref.security.contracts.token_store_contract import TokenStoreContract
from infra_ref.security.memory_token_store import MemoryTokenStore


class TestMemoryTokenStore(TokenStoreContract):
    kind: Any = MemoryTokenStore
    lacks: ClassVar = {"outage": "memory does not go away"}

    def make(self, clock: FakeClock) -> Any:
        return self.kind(clock=clock)
