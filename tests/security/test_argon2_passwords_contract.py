"""`Argon2Passwords` keep every rule of their contract, at a cost that tests can pay."""

from __future__ import annotations

from typing import Any

from infra_ref.security.argon2_passwords import Argon2Passwords
from infra_ref.security.contracts.password_hasher_contract import PasswordHasherContract

COST = {"rounds": 2, "memory_kib": 4096, "lanes": 1}


class TestArgon2Passwords(PasswordHasherContract):
    kind: Any = Argon2Passwords

    def make(self) -> Any:
        return self.kind(**COST)

    def weaker(self) -> Any:
        return self.kind(**COST | {"rounds": 1, "memory_kib": 1024})
