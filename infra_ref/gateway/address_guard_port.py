"""The port that decides which addresses a client may connect to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from infra_ref.gateway.port import HttpError
from infra_ref.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRefused(HttpError):
    """Not sent: the host has an address that must not be called from here."""

    why: str
    message = "was not sent: {0.why}"


class AddressGuard(Protocol):
    """Decides where a client may connect to."""

    async def address(self, host: str, port: int) -> Result[str, str]:
        """Return the address to connect to, or the reason why none of this host may be called.

        Raises OSError if the host has no address.
        """
        ...
