"""`OnceEmailService` keeps every rule of its contract, on a cache in memory."""

from __future__ import annotations

from typing import Any, ClassVar

from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.notification.contracts.once_contract import OnceEmailContract
from infra_ref.notification.decorators.once_email_service import OnceEmailService


class TestOnceInMemory(OnceEmailContract):
    kind = OnceEmailService
    lacks: ClassVar = {"outage": "a dict is never away"}

    def make(self) -> Any:
        cache: MemoryCache[Any] = MemoryCache()
        return lambda inner: self.kind(inner, cache=cache)
