"""The bulkhead: held to its contract, and each rule has a broken one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.gateway.contracts.bulkhead_contract import BulkheadContract
from infra_ref.gateway.contracts.decorator_contract import ANSWER, PLEASE
from infra_ref.gateway.decorators.bulkhead_http_client import BulkheadFull, BulkheadHttpClient
from infra_ref.gateway.port import HttpClient
from infra_ref.result import Err


class OneMore(BulkheadHttpClient):
    def __init__(self, inner: Any, *, concurrent: int, waiting: int, **more: Any) -> None:
        super().__init__(inner, concurrent=concurrent + 1, waiting=waiting - 1, **more)


class NoQueueLimit(BulkheadHttpClient):
    def __init__(self, inner: Any, *, waiting: int, **more: Any) -> None:
        super().__init__(inner, waiting=waiting * 100, **more)


class Patient(BulkheadHttpClient):
    def __init__(self, inner: Any, *, patience: float, **more: Any) -> None:
        super().__init__(inner, patience=patience * 100, **more)


class Stack(BulkheadHttpClient):
    async def _enter(self) -> bool:
        self._came = getattr(self, "_came", 0) + 1
        if self._came == 4:
            await self._clock.sleep(0.5)
        return await super()._enter()


class Leaks(BulkheadHttpClient):
    async def send(self, request: Any) -> Any:
        if not await self._enter():
            return Err(BulkheadFull.of(request))
        result = await self._inner.send(request)
        self._places.release()
        return result


class NeverForgetsAWait(BulkheadHttpClient):
    async def _enter(self) -> bool:
        try:
            return await super()._enter()
        except asyncio.CancelledError:
            self._queued += 1
            raise


BROKEN: dict[str, Any] = {
    "BULK-01": OneMore,
    "BULK-02": NoQueueLimit,
    "BULK-03": Patient,
    "BULK-04": Stack,
    "BULK-05": Leaks,
    "BULK-06": NeverForgetsAWait,
}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in BulkheadContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str) -> None:
    report = run(BulkheadContract.verify(lambda: BROKEN[number]))
    assert report.broken == (number,), report


def test_a_bulkhead_serves_one_event_loop_after_another() -> None:
    class Brief(HttpClient):
        async def send(self, request: Any) -> Any:
            await asyncio.sleep(0.001)
            return ANSWER

    client = BulkheadHttpClient(Brief(), concurrent=1)

    async def crowd() -> list[Any]:
        return await asyncio.gather(*(client.send(PLEASE) for _ in range(5)))

    async def given_up() -> None:
        calls = [asyncio.create_task(client.send(PLEASE)) for _ in range(5)]
        await asyncio.wait(calls, timeout=0.001)

    for _ in range(3):
        assert asyncio.run(crowd()) == [ANSWER] * 5
        asyncio.run(given_up())


@pytest.mark.parametrize(
    "wrong",
    [{"concurrent": 1.5}, {"patience": float("nan")}, {"concurrent": 0}, {"waiting": -1}, {"patience": -1}],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="concurrent is 1 or more"):
        BulkheadHttpClient(None, **wrong)  # type: ignore[arg-type]
