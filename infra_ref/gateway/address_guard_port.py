"""The port that decides which addresses a client may connect to."""

from __future__ import annotations

from typing import Protocol

from infra_ref.result import Result


class AddressGuard(Protocol):
    """Decides where a client may connect to."""

    async def address(self, host: str, port: int) -> Result[str, str]:
        """Return the address to connect to, or the reason why none of this host may be called.

        Raises OSError if the host has no address.
        """
        ...
