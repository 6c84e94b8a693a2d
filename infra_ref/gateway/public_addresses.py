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

# The IANA special-purpose address registries, IPv4 and IPv6, of 2025: what is not globally reachable
# or deprecated. Python's own table differs from release to release.
_SPECIAL = [
    ip_network(one)
    for one in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
]
_REACHABLE = [
    ip_network(one)
    for one in (
        *("192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128"),
        *("2001:3::/32", "2001:4:112::/48", "2001:20::/28", "2001:30::/28"),
    )
]
"""What is reachable all the same, within those."""
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")


class PublicAddresses(AddressGuard):
    """Refuses a host of which any address is private, local or reserved (OWASP, SSRF prevention).

    Any, not all: a private address among public ones is listed on purpose.
    Looking up takes a thread of the event loop's executor.
    """

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve or _resolve

    async def address(self, host: str, port: int) -> Result[str, str]:
        addresses = await self._resolve(host, port)
        if not addresses:
            raise OSError(f"{host} has no address")
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
        return f"{address!r} is not an address"
    return None if _is_public(found) else f"{address} is not public"


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        inner = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.ipv4_mapped
        return inner is not None and _is_public(inner)
    special = any(address in network for network in _SPECIAL)
    return not special or any(address in network for network in _REACHABLE)
