"""Health: each rule of its contract has a registry that breaks it; the page is looked at from outside."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.observability.contracts.health_contract import HealthContract, fails, passes
from infra_ref.observability.contracts.secret_corpus import SECRET
from infra_ref.observability.health_app import HealthApp
from infra_ref.observability.health_port import Check, HealthReport, Status
from infra_ref.observability.health_registry import HealthRegistry
from infra_ref.observability.testing.recording_logger import RecordingLogger
from tests.observability.test_health_app_contract import TestHealthApp as Held


class NeedsChecks(HealthRegistry):
    async def ready(self) -> HealthReport:
        return await super().ready() if self._checks else HealthReport("warn")


class Averages(HealthRegistry):
    async def ready(self) -> HealthReport:
        report = await super().ready()
        mixed = dict(report.checks) == {"store": "pass", "queue": "fail"}
        return HealthReport("warn", report.checks) if mixed else report


class AllCritical(HealthRegistry):
    def add(self, name: str, check: Check, *, critical: bool = True, seconds: float = 2.0) -> None:
        super().add(name, check, critical=critical or (name == "mail" and not self.checked), seconds=seconds)

    @property
    def checked(self) -> bool:
        return "store" not in self._checks  # the page's rule adds mail first


class OneByOne(HealthRegistry):
    async def _ask_all(self) -> HealthReport:
        if "hangs" in self._checks:
            for ask in self._checks.values():
                await ask()
        return await super()._ask_all()


def notes(health: HealthRegistry) -> bool:
    """Return whether one of its checks is the contract's `note`."""
    asks: Any = health._checks.values()
    return any(check.__name__ == "note" for ask in asks for check in ask.args[1:2])


class AsksToLive(HealthRegistry):
    async def live(self) -> HealthReport:
        return await (self.ready() if notes(self) else super().live())


class EachByItself(HealthRegistry):
    async def ready(self) -> HealthReport:
        return await (self._ask_all() if notes(self) else super().ready())


class Remembers(HealthRegistry):
    async def ready(self) -> HealthReport:
        if self._last is not None and set(self._checks) == {"store"} and self._clock.monotonic() > 15:
            return self._last[1]
        return await super().ready()


class Replaces(HealthRegistry):
    def add(self, name: str, check: Check, *, critical: bool = True, seconds: float = 2.0) -> None:
        self._checks.pop(name, None)
        super().add(name, check, critical=critical, seconds=seconds)


class Shared(HealthRegistry):
    """All wait for the first one's own task."""

    _first: asyncio.Task[HealthReport] | None = None

    async def ready(self) -> HealthReport:
        if "gives up" not in self._checks:
            return await super().ready()
        if self._first is None:
            self._first = asyncio.create_task(self._ask_all())
        return await self._first


class PlainJson(HealthApp):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if "headers" in message:
                message["headers"][0] = (b"content-type", b"application/json")
            await send(message)

        await super().__call__(scope, receive, sent)


class Told(HealthRegistry):
    why = ""

    async def _ask(self, name: str, check: Check, critical: bool, seconds: float) -> Status:
        try:
            await check() if name.startswith("check-") else None
        except ConnectionError as error:
            self.why = str(error)
        return await super()._ask(name, check, critical, seconds)


class TellsWhy(HealthApp):
    def __init__(self, health: Any) -> None:
        super().__init__(health)
        self._health = health

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            await send(
                message | ({"body": message["body"] + self._health.why.encode()} if "body" in message else {})
            )

        await super().__call__(scope, receive, sent)


BROKEN: dict[str, dict[str, Any]] = {
    "HEALTH-01": {"kind": NeedsChecks},
    "HEALTH-02": {"kind": Averages},
    "HEALTH-03": {"kind": AllCritical},
    "HEALTH-04": {"kind": OneByOne},
    "HEALTH-05": {"kind": AsksToLive},
    "HEALTH-06": {"kind": EachByItself},
    "HEALTH-07": {"kind": Remembers},
    "HEALTH-08": {"kind": Replaces},
    "HEALTH-09": {"kind": Shared},
    "HEALTH-10": {"app": PlainJson},
    "HEALTH-11": {"kind": Told, "app": TellsWhy},
}


def test_each_rule_has_a_registry_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in HealthContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_registry_breaks_just_its_rule(number: str) -> None:
    report = run(type("Broken", (Held,), BROKEN[number]).verify())
    assert report.broken == (number,), report


def test_mounted_it_answers_under_its_path_and_says_why_to_the_log_alone() -> None:
    logger = RecordingLogger()
    health = HealthRegistry(logger)
    health.add("store", fails)
    health.add("cache", passes)
    with TestClient(Starlette(routes=[Mount("/health", HealthApp(health))])) as client:
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert json.loads(answer.text) == {
            "status": "fail",
            "checks": {"store": [{"status": "fail"}], "cache": [{"status": "pass"}]},
        }
        assert [client.get(f"/health{path}").status_code for path in ("/live", "/", "")] == [200, 404, 404]
    (record,) = logger.records
    assert record.fields["why"] == "postgresql://***@db.internal.test refused"
    assert SECRET not in str(record)


def test_probes_one_after_another_ask_once_a_second_and_a_new_check_is_asked_at_once() -> None:
    async def check() -> None:
        clock, asked = FakeClock(), list[str]()

        def noted(name: str) -> Check:
            async def note() -> None:
                asked.append(name)

            return note

        health = HealthRegistry(RecordingLogger(), clock=clock)
        health.add("store", noted("store"))
        for _ in range(20):
            await health.ready()
            await clock.advance(0.1)
        assert asked == ["store"] * 2
        health.add("cache", noted("cache"))
        assert set((await health.ready()).checks) == {"store", "cache"}

    run(check())


def test_a_socket_is_refused() -> None:
    async def check() -> None:
        with pytest.raises(ValueError, match="not websocket"):
            await HealthApp(HealthRegistry(RecordingLogger(), clock=FakeClock()))(
                {"type": "websocket"}, None, None
            )  # type: ignore[arg-type]

    run(check())
