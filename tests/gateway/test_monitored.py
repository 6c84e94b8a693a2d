"""Monitoring: the decorator is held to its contract, and each rule has a broken one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.gateway.contracts.monitored_contract import MonitoredContract
from infra_ref.gateway.decorators.monitored_http_client import MonitoredHttpClient
from infra_ref.result import Err


class Rebuilds(MonitoredHttpClient):
    def _logged(self, result: Any) -> Any:
        told = super()._logged(result)
        return Err(told.error) if isinstance(told, Err) else told


class Milliseconds(MonitoredHttpClient):
    def __init__(self, inner: Any, metrics: Any, **more: Any) -> None:
        super().__init__(inner, metrics, **more)
        plain = metrics.record_duration
        metrics.record_duration = lambda name, seconds, **labels: plain(name, seconds * 1000, **labels)


class UrlAsLabel(MonitoredHttpClient):
    async def send(self, request: Any) -> Any:
        self._peer = request.url if "/users/" in request.url else "shop"
        return await super().send(request)


class CancelledIsAnError(MonitoredHttpClient):
    async def send(self, request: Any) -> Any:
        try:
            return await super().send(request)
        except asyncio.CancelledError:
            self._logger.warning("a call failed", why="cancelled")
            raise


class TellsTwice(MonitoredHttpClient):
    def _logged(self, result: Any) -> Any:
        return super()._logged(super()._logged(result))


class Swallows(MonitoredHttpClient):
    async def send(self, request: Any) -> Any:
        try:
            return await super().send(request)
        except ZeroDivisionError:
            return None


BROKEN: dict[str, Any] = {
    "MON-01": Rebuilds,
    "MON-02": Milliseconds,
    "MON-03": UrlAsLabel,
    "MON-04": CancelledIsAnError,
    "MON-05": TellsTwice,
    "MON-06": Swallows,
}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in MonitoredContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str) -> None:
    report = run(MonitoredContract.verify(lambda: BROKEN[number]))
    assert report.broken == (number,), report
