"""The ports of security: sealing and passwords. `token_port` has those of tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from infra_ref.result import Result
from infra_ref.security.errors import NotOpened, WrongPassword


class Sealer(Protocol):
    """Encrypts, so that a change is noticed. The newest of its keys seals, each of them opens."""

    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        """Return `plain` sealed, differently each time.

        `context` is not part of the outcome, but only the same one opens it: name there what
        the value belongs to, such as its row, and it cannot be moved to another.
        """
        ...

    def open(self, sealed: bytes, *, context: bytes = b"") -> Result[bytes, NotOpened]:
        """Return what was sealed for this context."""
        ...


@dataclass(frozen=True, slots=True)
class Verified:
    """The password is right. `upgraded` is a new hash to store in place of the old, None if that is good."""

    upgraded: str | None = field(default=None, repr=False)


class PasswordHasher(Protocol):
    """Keeps passwords so that who steals the hashes does not have the passwords."""

    async def hash(self, password: str) -> str:
        """Return what to store. Raises ValueError for a password that is longer than 1024 bytes."""
        ...

    async def verify(self, password: str, stored: str | None) -> Result[Verified, WrongPassword]:
        """Say whether it is the password of the hash `stored`.

        None is for a user that does not exist: it takes as long, so that nobody learns who does.
        """
        ...
