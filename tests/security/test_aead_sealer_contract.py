"""`AeadSealer` keeps every rule of its contract."""

from __future__ import annotations

import secrets
from typing import Any

from infra_ref.security.aead_sealer import AeadSealer
from infra_ref.security.contracts.sealer_contract import SealerContract


class TestAeadSealer(SealerContract):
    kind: Any = AeadSealer

    def make(self) -> Any:
        self.key = secrets.token_bytes(32)
        return self.kind([self.key])

    def rotated(self) -> Any:
        return self.kind([secrets.token_bytes(32), self.key])

    def stranger(self) -> Any:
        return self.kind([secrets.token_bytes(32)])
