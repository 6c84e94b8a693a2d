"""What every `Health` promises."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, raised, rule, tool
from infra_ref.observability.contracts.secret_corpus import IN_TEXTS, SECRET
from infra_ref.observability.health_port import Health, HealthReport


class Asked(Protocol):
    """Asks over HTTP where there is a page of health."""

    async def __call__(self, path: str, method: str = "GET", /) -> tuple[int, dict[str, str], str]:
        """Return the status, the headers in lower case and the body."""
        ...


async def passes() -> None:
    """Pass."""


async def fails() -> None:
    """Fail, with what a driver says."""
    raise ConnectionError(f"postgresql://app:{SECRET}@db.internal.test refused")


class HealthContract(Contract):
    """`ask` asks the application that shows what `make` made."""

    port = Health
    ask: Any = tool("a coroutine function that asks over HTTP: an Asked")

    @rule("HEALTH-01", "without checks it is alive and ready")
    async def empty(self, health: Health) -> None:
        assert (await health.live()).status == (await health.ready()).status == "pass"

    @rule("HEALTH-02", "a critical check that fails fails the whole; each is named with its status")
    async def critical(self, health: Health) -> None:
        health.add("store", passes)
        health.add("queue", fails)
        assert await health.ready() == HealthReport("fail", {"store": "pass", "queue": "fail"})

    @rule("HEALTH-03", "one that is not critical only warns")
    async def optional(self, health: Health) -> None:
        health.add("store", passes)
        health.add("mail", fails, critical=False)
        assert await health.ready() == HealthReport("warn", {"store": "pass", "mail": "warn"})

    @rule("HEALTH-04", "a check that hangs fails at its own time, and delays no other beyond that")
    async def hangs(self, health: Health, clock: FakeClock) -> None:
        ended: list[float] = []

        async def hang() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await clock.sleep(100)  # one that does not even end when it is cancelled

        async def slow() -> None:
            await clock.sleep(1)
            ended.append(clock.monotonic())

        health.add("hangs", hang, seconds=2)
        health.add("slow", slow, seconds=5)
        asking = asyncio.create_task(health.ready())
        await clock.advance(2)
        assert ended == [1]
        assert asking.done()
        assert asking.result().checks == {"hangs": "fail", "slow": "pass"}

    @rule("HEALTH-05", "liveness asks nothing: it answers at once while every check hangs")
    async def liveness(self, health: Health) -> None:
        asked: list[str] = []

        async def note() -> None:
            asked.append("asked")
            raise ConnectionError

        health.add("store", note)
        assert ((await health.live()).status, asked) == ("pass", [])

    @rule("HEALTH-06", "a storm of probes asks each check once")
    async def storm(self, health: Health, clock: FakeClock) -> None:
        asked: list[float] = []

        async def note() -> None:
            asked.append(clock.monotonic())
            await clock.sleep(0.5)

        health.add("store", note)
        probes = [asyncio.create_task(health.ready()) for _ in range(100)]
        await clock.advance(1)
        assert {probe.result().status for probe in probes} == {"pass"}
        assert len(asked) == 1

    @rule("HEALTH-07", "it notices that a check has changed its mind, both ways")
    async def recovers(self, health: Health, clock: FakeClock) -> None:
        away = [True]

        async def store() -> None:
            if away[0]:
                raise ConnectionError

        health.add("store", store)
        seen: list[str] = []
        for gone in (True, False, True):
            away[0] = gone
            await clock.advance(10)
            seen.append((await health.ready()).status)
        assert seen == ["fail", "pass", "fail"]

    @rule("HEALTH-08", "a name that is taken and a time that cannot be are refused", full=True)
    async def refuses(self, health: Health) -> None:
        health.add("store", passes)
        with raised(ValueError):
            health.add("store", fails)
        for seconds in (0, -1, float("inf")):
            with raised(ValueError, f"{seconds}"):
                health.add("other", passes, seconds=seconds)
        assert (await health.ready()).checks == {"store": "pass"}

    @rule("HEALTH-09", "a caller that is cancelled stops nobody else; a check that cancels itself has failed")
    async def cancelled(self, health: Health, clock: FakeClock) -> None:
        async def store() -> None:
            await clock.sleep(1)

        async def gives_up() -> None:
            raise asyncio.CancelledError

        health.add("store", store)
        health.add("gives up", gives_up, critical=False)
        first, second = asyncio.create_task(health.ready()), asyncio.create_task(health.ready())
        await clock.advance(0.5)
        first.cancel()
        await clock.advance(1)
        assert first.cancelled()
        assert second.result().checks == {"store": "pass", "gives up": "warn"}

    @rule("HEALTH-10", "over HTTP it is application/health+json, 200 for pass and warn, 503 for fail")
    async def over_http(self, health: Health, ask: Asked, clock: FakeClock) -> None:
        assert (await ask("/ready"))[0] == 200
        health.add("mail", fails, critical=False)
        status, headers, body = await ask("/ready")
        assert (status, '"warn"' in body) == (200, True)
        assert headers["content-type"] == "application/health+json"
        assert headers["cache-control"] == "no-store"
        health.add("store", fails)
        assert [(await ask(path))[0] for path in ("/ready", "/live", "/other")] == [503, 200, 404]
        assert (await ask("/ready", "POST"))[0] == 405
        assert (await ask("/ready", "HEAD"))[2] == ""

    @rule("HEALTH-11", "it shows no internals: no error, no address, no secret")
    async def shows_no_internals(self, health: Health, ask: Asked) -> None:
        for number, (text, _) in enumerate(IN_TEXTS):

            async def fail(text: str = text) -> None:
                raise ConnectionError(text)

            health.add(f"check-{number}", fail)
        health.add("store", fails)
        _, headers, body = await ask("/ready")
        shown = f"{headers} {body} {await health.ready()}"
        assert [
            one for one in ("internal", "ConnectionError", *(s for _, s in IN_TEXTS)) if one in shown
        ] == []
