"""`EncryptingCache` keeps every rule of a cache, around one in memory, and hides what it keeps."""

from __future__ import annotations

import secrets
from typing import Any

from infra_ref.caching.contracts.leasing_contract import LeasingCacheContract
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.clock import FakeClock
from infra_ref.security.aead_sealer import AeadSealer
from infra_ref.security.contracts.encrypting_contract import EncryptingContract
from infra_ref.security.decorators.encrypting_cache import EncryptingCache


class TestEncryptingMemory(LeasingCacheContract):
    def make(self, clock: FakeClock) -> Any:
        sealer = AeadSealer([secrets.token_bytes(32)])
        return EncryptingCache(MemoryCache[str](clock=clock), sealer=sealer, codec=JsonCodec())


class TestHides(EncryptingContract):
    kind: Any = EncryptingCache

    def make(self, clock: FakeClock) -> Any:
        self.key = secrets.token_bytes(32)
        self.inner = MemoryCache[str](clock=clock)
        return self._with(self.key)

    def rotated(self) -> Any:
        return self._with(secrets.token_bytes(32), self.key)

    def stranger(self) -> Any:
        return self._with(secrets.token_bytes(32))

    def _with(self, *keys: bytes) -> Any:
        return self.kind(self.inner, sealer=AeadSealer(keys), codec=JsonCodec())
