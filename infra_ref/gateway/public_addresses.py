"""A guard that lets calls go to public addresses only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from infra_ref.gateway.address_guard_port import AddressGuard
from infra_ref.result import Err, Ok, Result

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host. Raises OSError if it has none."""

_NAT64 = ip_network("64:ff9b::/96")
_6TO4 = ip_network("2002::/16")


class PublicAddresses(AddressGuard):
    """Refuses a host of which any address is private, local or reserved (OWASP, SSRF prevention).

    Any, not all: a private address among public ones is listed on purpose.
    Looking up takes a thread of the event loop's executor.
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


def why_refused(address: str) -> str | None:
    """Return why this address is not a public one, None if it is.

    >>> why_refused("169.254.169.254"), why_refused("::ffff:127.0.0.1"), why_refused("1.1.1.1")
    ('169.254.169.254 is not public', '::ffff:127.0.0.1 is not public', None)
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address!r} is no address"
    inner = _within(found) if isinstance(found, IPv6Address) else found
    if inner.is_global and not inner.is_multicast:
        return None
    return f"{address} is not public"


def _within(address: IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that a gateway would send this on to, if there is one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _6TO4:
        return IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return address
