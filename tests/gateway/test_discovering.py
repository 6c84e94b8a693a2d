"""Discovery and the address guard are held to their contracts, and each rule has a broken one."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.gateway.contracts.address_guard_contract import AddressGuardContract
from infra_ref.gateway.contracts.discovering_contract import DiscoveringContract
from infra_ref.gateway.decorators.discovering_http_client import DiscoveringHttpClient
from infra_ref.gateway.discovery.round_robin import RoundRobin
from infra_ref.gateway.errors import Rejected
from infra_ref.gateway.public_addresses import PublicAddresses, why_refused
from infra_ref.result import Err, Ok


class DropsQueries(DiscoveringHttpClient):
    async def send(self, request: Any) -> Any:
        return await super().send(replace(request, url=request.url.partition("?")[0]))


class Blames(DiscoveringHttpClient):
    async def send(self, request: Any) -> Any:
        result = await super().send(request)
        unknown = isinstance(result, Err) and type(result.error).__name__ == "NoInstance"
        return Err(Rejected.of(request, status=404)) if unknown else result


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
        if isinstance(result, Err) and isinstance(result.error, Rejected):
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
        bad = [one for one in found if not self.judge(one)]
        return Err(f"{bad[0]} is not public") if bad else Ok(found[0])


class OldAddressesOnly(Trusting):
    def judge(self, address: str) -> bool:
        return ":" not in address and super().judge(address)


class LoopbackOnly(Trusting):
    def judge(self, address: str) -> bool:
        disguised = any(sign in address for sign in ("ffff", "64:ff9b", "2002"))
        plain = not disguised and address != "10.0.0.7"
        return not ip_address(address.partition("%")[0]).is_loopback if plain else super().judge(address)


class TakesAtFaceValue(Trusting):
    def judge(self, address: str) -> bool:
        found = ip_address(address.partition("%")[0])
        disguised = any(sign in address for sign in ("ffff:", "64:ff9b", "2002:"))
        return (found.version == 6 and disguised) or super().judge(address)


class LooksAtTheFirst(Trusting):
    async def address(self, host: str, port: int) -> Any:
        found = (await self._resolve(host, port))[0]
        return Ok(found) if self.judge(found) else Err(f"{found} is not public")


class LooksTwice(PublicAddresses):
    async def address(self, host: str, port: int) -> Any:
        judged = await super().address(host, port)
        return Ok((await self._resolve(host, port))[0]) if isinstance(judged, Ok) else judged


OPEN_DOORS: dict[str, Any] = {
    "GUARD-01": OldAddressesOnly,
    "GUARD-02": LoopbackOnly,
    "GUARD-03": TakesAtFaceValue,
    "GUARD-04": LooksAtTheFirst,
    "GUARD-05": LooksTwice,
}


def test_each_rule_has_a_guard_that_breaks_it() -> None:
    assert list(OPEN_DOORS) == [one.number for one in AddressGuardContract.rules()]


@pytest.mark.parametrize("number", OPEN_DOORS)
def test_a_broken_guard_breaks_just_its_rule(number: str) -> None:
    report = run(AddressGuardContract.verify(lambda: OPEN_DOORS[number]))
    assert report.broken == (number,), report
