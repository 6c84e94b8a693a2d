"""Tokens: the decorator is held to its contract, and each rule has a broken one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.gateway.authentication_port import ApiKey, Bearer, LoginFailed, OnBehalfOf
from infra_ref.gateway.contracts.authenticated_contract import AuthenticatedContract, Tokens
from infra_ref.gateway.contracts.decorator_contract import ANSWER, Inner, passing
from infra_ref.gateway.decorators.authenticated_http_client import AuthenticatedHttpClient
from infra_ref.gateway.errors import Rejected
from infra_ref.gateway.port import HttpOptions
from infra_ref.result import Err, Ok


class AlwaysFetches(AuthenticatedHttpClient):
    async def send(self, request: Any) -> Any:
        result = await super().send(request)
        if (
            isinstance(result, Ok)
            and len(getattr(self._source, "asked", [])) == 1
            and len(self._inner.calls) == 2
        ):
            self._tokens.clear()
        return result


class EachForItself(AuthenticatedHttpClient):
    async def _renewed(self, subject: str, refused: str, request: Any) -> Any:
        self._tokens.pop(subject, None)
        result = await self._fetch(subject, request)
        if len(self._inner.calls) > 50 and len(self._source.asked) == 2:
            await self._source.fetch(subject)
        return result


class Silent(AuthenticatedHttpClient):
    async def send(self, request: Any) -> Any:
        result = await super().send(request)
        if isinstance(result, Err) and isinstance(result.error, LoginFailed) and result.error.reason is None:
            return Err(Rejected.of(request, status=401))
        return result


class Mixes(AuthenticatedHttpClient):
    async def send(self, request: Any) -> Any:
        match request.options.authentication:
            case OnBehalfOf():
                request = replace(request, options=replace(request.options, authentication=OnBehalfOf("ann")))
        return await super().send(request)


class KeepsFailures(AuthenticatedHttpClient):
    async def _fetch(self, subject: str, request: Any) -> Any:
        if subject in getattr(self, "_failed", {}):
            return self._failed[subject]
        result = await super()._fetch(subject, request)
        if isinstance(result, Err) and result.error.__class__.__name__ == "PeerFailed":
            self._failed = {subject: result}
        return result


class FirstPays(AuthenticatedHttpClient):
    async def _fetch(self, subject: str, request: Any) -> Any:
        first = subject not in self._fetches
        try:
            return await super()._fetch(subject, request)
        except asyncio.CancelledError:
            flight = self._fetches._flights.get(subject)
            if first and flight is not None:
                flight._task.cancel()
            raise


class NeverStops(AuthenticatedHttpClient):
    async def _fetch(self, subject: str, request: Any) -> Any:
        fetching = asyncio.ensure_future(super()._fetch(subject, request))
        try:
            return await asyncio.shield(fetching)
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(5, fetching.cancel)
            raise


class Overrides(AuthenticatedHttpClient):
    async def send(self, request: Any) -> Any:
        match request.options.authentication:
            case ApiKey():
                request = replace(request, options=replace(request.options, authentication=Bearer("k")))
        return await super().send(request)


class WaitsForEver(AuthenticatedHttpClient):
    async def _fetch(self, subject: str, request: Any) -> Any:
        return await super()._fetch(subject, replace(request, options=replace(request.options, timeout=1e6)))


class Forbidden(AuthenticatedHttpClient):
    async def send(self, request: Any) -> Any:
        result = await super().send(request)
        match result:
            case Err(Rejected(status=403)):
                return Err(LoginFailed.of(request))
        return result


class Clings(AuthenticatedHttpClient):
    async def _renewed(self, subject: str, refused: str, request: Any) -> Any:
        renewed = await super()._renewed(subject, refused, request)
        if isinstance(renewed, Err):
            self._tokens[subject] = refused
        return renewed


BROKEN: dict[str, Any] = {
    "AUTH-01": AlwaysFetches,
    "AUTH-02": EachForItself,
    "AUTH-03": Silent,
    "AUTH-04": Mixes,
    "AUTH-05": KeepsFailures,
    "AUTH-06": FirstPays,
    "AUTH-07": NeverStops,
    "AUTH-08": Overrides,
    "AUTH-09": WaitsForEver,
    "AUTH-10": Forbidden,
    "AUTH-11": Clings,
}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in AuthenticatedContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str) -> None:
    report = run(AuthenticatedContract.verify(lambda: BROKEN[number]))
    assert report.broken == (number,), report


def test_tokens_are_kept_for_so_many_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra_ref.gateway.decorators.authenticated_http_client.SUBJECTS", 3)

    async def check() -> list[str]:
        tokens = Tokens(clock := FakeClock())
        client = AuthenticatedHttpClient(Inner(), tokens, clock=clock)
        for user in ("ann", "bob", "cid", "dan", "bob", "ann"):
            options = HttpOptions(authentication=OnBehalfOf(user))
            assert await passing(clock, client.get("/", options), 1) is ANSWER
        return tokens.asked

    assert run(check()) == ["ann", "bob", "cid", "dan", "ann"]


def test_secrets_are_in_no_repr() -> None:
    from infra_ref.gateway.authentication_port import Basic
    from infra_ref.gateway.port import HttpOptions, Request

    for who in (Bearer("swordfish"), Basic("ann", "swordfish"), ApiKey("swordfish")):
        options = HttpOptions(authentication=who)
        assert "swordfish" not in f"{who!r} {options!r} {Request('GET', '/', None, options)!r}"


def test_on_behalf_of_needs_somebody_to_fetch_the_token() -> None:
    with pytest.raises(ValueError, match="wrap the client in AuthenticatedHttpClient"):
        OnBehalfOf("ann").headers()
