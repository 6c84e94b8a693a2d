"""What a bulkhead promises. The adapter is the constructor of one."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.decorator_contract import (
    ANSWER,
    HANGS,
    DecoratorContract,
    Inner,
    at_once,
    bug,
    cancel,
)
from infra_ref.gateway.contracts.peer_contract import failure
from infra_ref.gateway.port import HttpError, Request

SMALL: dict[str, Any] = {"concurrent": 3, "waiting": 2, "patience": 5.0}


class BulkheadContract(DecoratorContract):
    """3 calls under way, 2 that wait, for 5 s."""

    @rule("BULK-01", "never are more calls under way than it allows")
    async def bounded(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(HANGS)
        calls = at_once(wrap(inner, clock=clock, **SMALL), 5)
        await clock.advance(1)
        assert inner.busy == 3
        cancel(calls)

    @rule("BULK-02", "one more than may wait fails at once, and is not sent")
    async def full(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(HANGS)
        client = wrap(inner, clock=clock, **SMALL)
        calls = at_once(client, 5)
        await clock.advance(1)
        (more,) = at_once(client, 1)
        await clock.advance(0)
        assert more.done()
        error = failure(await more, HttpError)
        assert (error.retryable, error.peer_failed) == (True, None)
        cancel(calls)

    @rule("BULK-03", "one that waits longer than its patience fails")
    async def impatient(self, wrap: Any, clock: FakeClock) -> None:
        calls = at_once(wrap(Inner(HANGS), clock=clock, **SMALL), 5)
        await clock.advance(4.9)
        assert not calls[-1].done()
        await clock.advance(0.2)
        assert calls[-1].done()
        assert failure(await calls[-1], HttpError).retryable
        cancel(calls)

    @rule("BULK-04", "a call that ends makes room for the one that has waited longest")
    async def in_order(self, wrap: Any, clock: FakeClock) -> None:
        done = asyncio.Event()

        async def until_done(request: Request) -> Any:
            await done.wait()
            return ANSWER

        inner = Inner(*[until_done] * 3, HANGS)
        client = wrap(inner, clock=clock, **SMALL)
        calls = [asyncio.create_task(client.get(f"/{number}")) for number in range(5)]
        await clock.advance(1)
        done.set()
        await clock.advance(1)
        assert [call.url for call in inner.calls] == ["/0", "/1", "/2", "/3", "/4"]
        cancel(calls)

    @rule("BULK-05", "a call that is cancelled or raises gives its place back, wherever it was")
    async def gives_back(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(HANGS, HANGS, bug, HANGS, ANSWER)
        client = wrap(inner, clock=clock, **SMALL)
        calls = at_once(client, 5)
        await clock.advance(1)
        cancel(calls)
        await asyncio.gather(*calls, return_exceptions=True)
        again = at_once(client, 3)
        await clock.advance(0)
        assert [call.done() and await call for call in again] == [ANSWER] * 3

    @rule("BULK-06", "one that gave up waiting makes room for another to wait")
    async def waits_anew(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(Inner(HANGS), clock=clock, **SMALL)
        calls = at_once(client, 5)
        for _ in range(5):
            await clock.advance(0)
            assert not calls[-1].done()
            calls[-1].cancel()
            await clock.advance(0)
            calls += at_once(client, 1)
        cancel(calls)
