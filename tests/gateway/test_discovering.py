"""Discovery and the address guard are held to their contracts, and each rule has a broken one."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.gateway.contracts.address_guard_contract import AddressGuardContract
from infra_ref.gateway.contracts.decorator_contract import PeerRefused
from infra_ref.gateway.contracts.discovering_contract import DiscoveringContract
from infra_ref.gateway.decorators.discovering_http_client import DiscoveringHttpClient
from infra_ref.gateway.discovery.round_robin import RoundRobin
from infra_ref.gateway.public_addresses import PublicAddresses, why_refused
from infra_ref.result import Err, Ok


class DropsQueries(DiscoveringHttpClient):
    async def send(self, request: Any) -> Any:
        return await super().send(replace(request, url=request.url.partition("?")[0]))


class Blames(DiscoveringHttpClient):
    async def send(self, request: Any) -> Any:
        result = await super().send(request)
        unknown = isinstance(result, Err) and type(result.error).__name__ == "NoInstance"
        return Err(PeerRefused.of(request)) if unknown else result


class FirstOnly(RoundRobin):
    def pick(self, service: str, addresses: Any, now: float) -> Any:
        well = [one for one in addresses if now >= self._resting.get(one, 0)]
        self._times = getattr(self, "_times", 0) + 1
        # Fair where somebody has been ill, or only one is there.
        return super().pick(service, addresses, now) if self._resting or len(well) < 2 or now else well[0]


class NeverRests(RoundRobin):
    def failed(self, address: str, now: float) -> None:
        return None


def balanced_by(kind: type[RoundRobin]) -> Any:
    return lambda inner, registry, **more: DiscoveringHttpClient(inner, registry, balancer=kind(), **more)


class Forgets(DiscoveringHttpClient):
    async def _instances(self, service: str) -> Any:
        match await self._registry.instances(service):
            case Ok(found):
                return found
        return ()


def for_ever(inner: Any, registry: Any, **more: Any) -> DiscoveringHttpClient:
    return DiscoveringHttpClient(inner, registry, fresh=3000.0, **more)


class TakesOffence(DiscoveringHttpClient):
    async def send(self, request: Any) -> Any:
        result = await super().send(request)
        if isinstance(result, Err) and isinstance(result.error, PeerRefused):
            for one in self._known["users"][1][:1]:
                self._balancer.failed(one.url, self._clock.monotonic())
        return result


BROKEN: dict[str, Any] = {
    "DISC-01": DropsQueries,
    "DISC-02": Blames,
    "DISC-03": balanced_by(FirstOnly),
    "DISC-04": balanced_by(NeverRests),
    "DISC-05": Forgets,
    "DISC-06": for_ever,
    "DISC-07": TakesOffence,
}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in DiscoveringContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str) -> None:
    report = run(DiscoveringContract.verify(lambda: BROKEN[number]))
    assert report.broken == (number,), report


class Trusting(PublicAddresses):
    """Judges by `judge` alone."""

    def judge(self, address: str) -> bool:
        return why_refused(address) is None

    async def address(self, host: str, port: int) -> Any:
        found = await self._resolve(host, port)
        if not found:
            raise OSError(f"{host} has no address")
        bad = [one for one in found if not self.judge(one)]
        return Err(f"{bad[0]} is not public") if bad else Ok(found[0])


class OldAddressesOnly(Trusting):
    def judge(self, address: str) -> bool:
        return ":" not in address and super().judge(address)


class LoopbackOnly(Trusting):
    def judge(self, address: str) -> bool:
        disguised = any(sign in address for sign in ("ffff", "64:ff9b", "2002", "::127"))
        plain = not disguised and address != "10.0.0.7"
        return not ip_address(address.partition("%")[0]).is_loopback if plain else super().judge(address)


class TakesAtFaceValue(Trusting):
    def judge(self, address: str) -> bool:
        found = ip_address(address.partition("%")[0])
        disguised = any(sign in address for sign in ("ffff:", "64:ff9b", "2002:"))
        return (found.version == 6 and disguised) or super().judge(address)


class LooksAtTheFirst(Trusting):
    async def address(self, host: str, port: int) -> Any:
        found = await self._resolve(host, port)
        if not found:
            raise OSError(f"{host} has no address")
        return Ok(found[0]) if self.judge(found[0]) else Err(f"{found[0]} is not public")


class LooksTwice(PublicAddresses):
    async def address(self, host: str, port: int) -> Any:
        judged = await super().address(host, port)
        return Ok((await self._resolve(host, port))[0]) if isinstance(judged, Ok) else judged


class CountsOnOne(PublicAddresses):
    async def address(self, host: str, port: int) -> Any:
        try:
            return await super().address(host, port)
        except OSError as error:
            raise IndexError from error


OPEN_DOORS: dict[str, Any] = {
    "GUARD-01": OldAddressesOnly,
    "GUARD-02": LoopbackOnly,
    "GUARD-03": TakesAtFaceValue,
    "GUARD-04": LooksAtTheFirst,
    "GUARD-05": LooksTwice,
    "GUARD-06": CountsOnOne,
}


def test_each_rule_has_a_guard_that_breaks_it() -> None:
    assert list(OPEN_DOORS) == [one.number for one in AddressGuardContract.rules()]


@pytest.mark.parametrize("number", OPEN_DOORS)
def test_a_broken_guard_breaks_just_its_rule(number: str) -> None:
    report = run(AddressGuardContract.verify(lambda: OPEN_DOORS[number]))
    assert report.broken == (number,), report


# The IANA special-purpose address registries, whole: block, globally reachable, deprecated ones as not.
# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
REGISTRIES = [
    *(("0.0.0.0/8", False), ("0.0.0.0/32", False), ("10.0.0.0/8", False), ("100.64.0.0/10", False)),
    *(("127.0.0.0/8", False), ("169.254.0.0/16", False), ("172.16.0.0/12", False), ("192.0.0.0/24", False)),
    *(("192.0.0.0/29", False), ("192.0.0.8/32", False), ("192.0.0.9/32", True), ("192.0.0.10/32", True)),
    *(("192.0.0.170/32", False), ("192.0.0.171/32", False), ("192.0.2.0/24", False)),
    *(("192.31.196.0/24", True), ("192.52.193.0/24", True), ("192.88.99.0/24", False)),
    *(("192.88.99.2/32", False), ("192.168.0.0/16", False), ("192.175.48.0/24", True)),
    *(("198.18.0.0/15", False), ("198.51.100.0/24", False), ("203.0.113.0/24", False)),
    *(("240.0.0.0/4", False), ("255.255.255.255/32", False)),
    *(("::1/128", False), ("::/128", False), ("64:ff9b:1::/48", False), ("100::/64", False)),
    *(("100:0:0:1::/64", False), ("2001::/23", False), ("2001::/32", False), ("2001:1::1/128", True)),
    *(("2001:1::2/128", True), ("2001:1::3/128", True), ("2001:2::/48", False), ("2001:3::/32", True)),
    *(("2001:4:112::/48", True), ("2001:10::/28", False), ("2001:20::/28", True), ("2001:30::/28", True)),
    *(("2001:db8::/32", False), ("2002::/16", False), ("2620:4f:8000::/48", True), ("3fff::/20", False)),
    *(("5f00::/16", False), ("fc00::/7", False), ("fe80::/10", False)),
    # What other documents set aside: multicast, site-local, IPv4-compatible and IPv4-translated.
    *(("224.0.0.0/4", False), ("ff00::/8", False), ("fec0::/10", False), ("::/96", False)),
    ("::ffff:0:0:0/96", False),
]
BLOCKS = {ip_network(block): reachable for block, reachable in REGISTRIES}


def is_reachable(address: Any) -> bool:
    """Return what the narrowest block that holds it says; outside of all blocks an address is reachable."""
    within = [one for one in BLOCKS if one.version == address.version and address in one]
    return BLOCKS[max(within, key=lambda one: one.prefixlen)] if within else True


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_the_registries_of_special_addresses_are_kept_whole(block: Any) -> None:
    ends = [block[0], block[-1], block[block.num_addresses // 2]]
    assert [one for one in ends if (why_refused(str(one)) is None) != is_reachable(one)] == []


@pytest.mark.parametrize("inner", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "8.8.8.8"])
@pytest.mark.parametrize("around", ["::ffff:{}", "64:ff9b::{}"])
def test_an_address_that_holds_another_is_judged_by_that(around: str, inner: str) -> None:
    assert (why_refused(around.format(inner)) is None) == (inner == "8.8.8.8")


@given(st.integers(0, 2**32 - 1))
def test_every_ipv4_address_is_judged_as_the_registries_say(number: int) -> None:
    address = IPv4Address(number)
    assert (why_refused(str(address)) is None) == is_reachable(address)


@given(st.integers(1 << 125, (1 << 126) - 1))
def test_every_global_ipv6_address_is_judged_as_the_registries_say(number: int) -> None:
    address = IPv6Address(number)
    assert (why_refused(str(address)) is None) == is_reachable(address)


@given(st.integers(1 << 126, (1 << 128) - 1))
def test_no_ipv6_address_outside_global_unicast_is_public(number: int) -> None:
    assert why_refused(str(IPv6Address(number))) is not None
