"""A guard that lets calls go to public addresses only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from infra_ref.gateway.decisions.addresses import why_refused
from infra_ref.gateway.port import AddressGuard
from infra_ref.result import Err, Ok, Result

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host. Raises OSError if it has none."""


class PublicAddresses(AddressGuard):
    """Refuses a host of which any address is private, local or reserved (OWASP, SSRF prevention).

    Any, not all: who lists a private address among public ones does it on
    purpose. Looking up takes a thread of the event loop's executor.
    """

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve or _resolve

    async def address(self, host: str, port: int) -> Result[str, str]:
        addresses = await self._resolve(host, port)
        refused = [why for why in map(why_refused, addresses) if why is not None]
        return Err(f"{host}: {refused[0]}") if refused else Ok(addresses[0])


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(where[0]) for *_, where in found]
