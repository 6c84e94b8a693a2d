"""What a monitoring client promises. The adapter is the constructor of one."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.decorator_contract import (
    ANSWER,
    HANGS,
    PLEASE,
    DecoratorContract,
    Inner,
    failed,
)
from infra_ref.gateway.errors import TimedOut
from infra_ref.gateway.port import Request
from infra_ref.observability.port import Logger, Metrics
from infra_ref.result import Err


class Seen(Metrics, Logger):
    """A spy on both ports: what a client measures and logs."""

    def __init__(self) -> None:
        self.counted: list[dict[str, str]] = []
        self.durations: list[tuple[float, dict[str, str]]] = []
        self.logged: list[str] = []

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        """Keep it."""
        self.counted.append(labels)

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        """Keep it."""
        self.durations.append((seconds, labels))

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        """Nothing here goes up and down."""

    def warning(self, message: str, /, **fields: Any) -> None:
        """Keep it."""
        self.logged.append(f"{message} {fields}")

    def debug(self, message: str, /, **fields: Any) -> None:
        """Keep it."""
        self.warning(message, **fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Keep it."""
        self.warning(message, **fields)

    def error(self, message: str, /, *, error: BaseException | None = None, **fields: Any) -> None:
        """Keep it."""
        self.warning(message, **fields)


class MonitoredContract(DecoratorContract):
    """The peer is called `shop`."""

    @rule("MON-01", "results are given on as they are")
    async def passes_on(self, wrap: Any, clock: FakeClock) -> None:
        fault = failed()
        client, _ = self._watched(wrap, clock, Inner(ANSWER, fault))
        assert await client.send(PLEASE) is ANSWER
        assert await client.send(PLEASE) is fault

    @rule("MON-02", "the duration of each call is recorded, in seconds, with its outcome")
    async def measures(self, wrap: Any, clock: FakeClock) -> None:
        async def slow(request: Request) -> Any:
            await clock.sleep(2.5)
            return failed(TimedOut, seconds=2.5)

        client, seen = self._watched(wrap, clock, Inner(slow))
        call = asyncio.create_task(client.send(PLEASE))
        await clock.advance(3)
        await call
        assert seen.durations == [(2.5, {"peer": "shop", "method": "GET", "outcome": "timed_out"})]

    @rule("MON-03", "labels are few: no URL and no id is among them")
    async def bounded(self, wrap: Any, clock: FakeClock) -> None:
        client, seen = self._watched(wrap, clock, Inner(ANSWER))
        for number in range(100):
            await client.get(f"http://peer.test/users/{number}?page={number}")
        assert len({tuple(labels.items()) for labels in seen.counted}) == 1

    @rule("MON-04", "a cancelled call is counted as cancelled, not as an error, and nothing is logged")
    async def cancelled(self, wrap: Any, clock: FakeClock) -> None:
        client, seen = self._watched(wrap, clock, Inner(HANGS))
        call = asyncio.create_task(client.send(PLEASE))
        await clock.advance(1)
        call.cancel()
        await clock.advance(1)
        assert call.cancelled()
        assert ([labels["outcome"] for labels in seen.counted], seen.logged) == (["cancelled"], [])

    @rule("MON-05", "a failed call is logged once, without secrets")
    async def logs(self, wrap: Any, clock: FakeClock) -> None:
        request = Request("GET", "http://ann:swordfish@peer.test/a?token=swordfish")

        def fail(request: Request) -> Any:
            return Err(TimedOut.of(request, seconds=1))

        client, seen = self._watched(wrap, clock, Inner(fail))
        await client.send(request)
        assert len(seen.logged) == 1
        assert "peer.test" in seen.logged[0]
        assert "swordfish" not in seen.logged[0]

    @rule("MON-06", "a bug that raises is counted, and raised")
    async def raises(self, wrap: Any, clock: FakeClock) -> None:
        def bug(request: Request) -> Any:
            raise ZeroDivisionError

        client, seen = self._watched(wrap, clock, Inner(bug))
        call = asyncio.create_task(client.send(PLEASE))
        await asyncio.wait({call})
        assert isinstance(call.exception(), ZeroDivisionError)
        assert [labels["outcome"] for labels in seen.counted] == ["raised"]

    def _watched(self, wrap: Any, clock: FakeClock, inner: Inner) -> tuple[Any, Seen]:
        seen = Seen()
        return wrap(inner, seen, peer="shop", logger=seen, clock=clock), seen
