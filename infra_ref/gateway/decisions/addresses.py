"""Which addresses a client that is given URLs by strangers must not call."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NAT64 = ip_network("64:ff9b::/96")
_6TO4 = ip_network("2002::/16")


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
