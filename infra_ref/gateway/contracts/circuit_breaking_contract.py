"""What a circuit breaker promises. The adapter is the constructor of one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.decorator_contract import (
    ANSWER,
    HANGS,
    PLEASE,
    DecoratorContract,
    Inner,
    PeerRefused,
    at_once,
    bug,
    cancel,
    failed,
)
from infra_ref.gateway.contracts.peer_contract import failure
from infra_ref.gateway.policies.circuit_breaker import BreakerPolicy, CircuitOpen
from infra_ref.gateway.port import Request

POLICY = BreakerPolicy(window=6, failures=3, open_for=10, probes=4, probe_lease=20)


class CircuitBreakingContract(DecoratorContract):
    """Opens at 3 failures of the last 6, for 10 s; then 4 probes, each with a lease of 20 s."""

    others: ClassVar[int] = 2_000
    """Peers, more than an adapter keeps without looking which of them still matter."""

    @rule("BREAK-01", "closed, it gives calls and results on as they are")
    async def closed(self, wrap: Any, clock: FakeClock) -> None:
        fault = failed()
        inner = Inner(ANSWER, fault, ANSWER)
        client = wrap(inner, policy=POLICY, clock=clock)
        assert [await client.send(PLEASE) for _ in range(3)] == [ANSWER, fault, ANSWER]
        assert all(call is PLEASE for call in inner.calls)

    @rule("BREAK-02", "after so many failures of the last calls it is open, and sends nothing")
    async def opens(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed(), ANSWER, failed(), ANSWER, failed())
        client = wrap(inner, policy=POLICY, clock=clock)
        for _ in range(5):
            await client.send(PLEASE)
        failure(await client.send(PLEASE), CircuitOpen)
        assert len(inner.calls) == 5

    @rule("BREAK-03", "failures older than the window are forgotten")
    async def forgets(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed(), failed(), ANSWER, ANSWER, ANSWER, ANSWER, failed(), ANSWER)
        client = wrap(inner, policy=POLICY, clock=clock)
        for _ in range(8):
            await client.send(PLEASE)
        assert await client.send(PLEASE) is ANSWER

    @rule("BREAK-04", "open, the error has the seconds until the next attempt")
    async def says_when(self, wrap: Any, clock: FakeClock) -> None:
        client, _ = await self._opened(wrap, clock)
        await clock.advance(4)
        assert failure(await client.send(PLEASE), CircuitOpen).retry_after == 6.0

    @rule("BREAK-05", "half-open, it admits exactly its number of probes out of 100 callers at once")
    async def probes(self, wrap: Any, clock: FakeClock) -> None:
        client, inner = await self._opened(wrap, clock, HANGS)
        await clock.advance(10)
        calls = at_once(client, 100)
        await clock.advance(1)
        assert (inner.busy, sum(call.done() for call in calls)) == (4, 96)
        cancel(calls)

    @rule("BREAK-06", "it closes when all probes have succeeded, and not before")
    async def closes(self, wrap: Any, clock: FakeClock) -> None:
        slow = asyncio.Event()
        client, _ = await self._opened(wrap, clock, ANSWER, ANSWER, ANSWER, _after(slow, ANSWER), ANSWER)
        await clock.advance(10)
        probes = at_once(client, 4)
        await clock.advance(1)
        failure(await client.send(PLEASE), CircuitOpen)
        slow.set()
        await asyncio.gather(*probes)
        assert [await client.send(PLEASE) for _ in range(20)] == [ANSWER] * 20

    @rule("BREAK-07", "one failed probe opens it again for the whole time")
    async def reopens(self, wrap: Any, clock: FakeClock) -> None:
        client, _ = await self._opened(wrap, clock, ANSWER, failed(), ANSWER)
        await clock.advance(10)
        await client.send(PLEASE)
        await client.send(PLEASE)
        assert failure(await client.send(PLEASE), CircuitOpen).retry_after == 10.0

    @rule("BREAK-08", "a cancelled probe gives its permit back")
    async def cancelled_probe(self, wrap: Any, clock: FakeClock) -> None:
        client, _ = await self._opened(wrap, clock, *[HANGS] * 4, ANSWER)
        await clock.advance(10)
        probes = at_once(client, 4)
        await clock.advance(1)
        cancel(probes)
        await clock.advance(1)
        assert [await client.send(PLEASE) for _ in range(4)] == [ANSWER] * 4

    @rule("BREAK-09", "a probe that hangs loses its permit when its lease runs out")
    async def hung_probe(self, wrap: Any, clock: FakeClock) -> None:
        client, _ = await self._opened(wrap, clock, *[HANGS] * 4, ANSWER)
        await clock.advance(10)
        probes = at_once(client, 4)
        await clock.advance(19)
        assert failure(await client.send(PLEASE), CircuitOpen).retry_after == 1.0
        await clock.advance(2)
        assert [await client.send(PLEASE) for _ in range(4)] == [ANSWER] * 4
        cancel(probes)

    @rule("BREAK-10", "a failure that began before it opened does not open it again")
    async def late_failure(self, wrap: Any, clock: FakeClock) -> None:
        client, late = await self._with_late(wrap, clock, failed())
        await clock.advance(10)
        assert [await client.send(PLEASE) for _ in range(2)] == [ANSWER] * 2
        late.set()
        await clock.advance(1)
        assert [await client.send(PLEASE) for _ in range(2)] == [ANSWER] * 2

    @rule("BREAK-11", "a success that began before it opened does not close it")
    async def late_success(self, wrap: Any, clock: FakeClock) -> None:
        client, late = await self._with_late(wrap, clock, ANSWER)
        late.set()
        await clock.advance(1)
        failure(await client.send(PLEASE), CircuitOpen)

    @rule("BREAK-12", "a cancelled call is no failure")
    async def cancelled(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(Inner(*[HANGS] * 6, ANSWER), policy=POLICY, clock=clock)
        calls = at_once(client, 6)
        await clock.advance(1)
        cancel(calls)
        await clock.advance(1)
        assert await client.send(PLEASE) is ANSWER

    @rule("BREAK-13", "a refusal by a peer that is well is no failure")
    async def refusals(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(Inner(*[failed(PeerRefused)] * 9, ANSWER), policy=POLICY, clock=clock)
        for _ in range(9):
            failure(await client.send(PLEASE), PeerRefused)
        assert await client.send(PLEASE) is ANSWER

    @rule("BREAK-14", "peers are apart: one's failures do not stop calls to another")
    async def apart(self, wrap: Any, clock: FakeClock) -> None:
        client, _ = await self._opened(wrap, clock, ANSWER)
        failure(await client.send(PLEASE), CircuitOpen)
        assert await client.send(Request("GET", "http://other.test/a")) is ANSWER

    @rule("BREAK-15", "a bug that raises within a probe gives its permit back")
    async def raises(self, wrap: Any, clock: FakeClock) -> None:
        client, _ = await self._opened(wrap, clock, *[bug] * 4, ANSWER)
        await clock.advance(10)
        for _ in range(4):
            await asyncio.gather(client.send(PLEASE), return_exceptions=True)
        assert [await client.send(PLEASE) for _ in range(4)] == [ANSWER] * 4

    @rule("BREAK-16", "however many other peers are called, the circuit of one that failed stays open")
    async def many_peers(self, wrap: Any, clock: FakeClock) -> None:
        client, _ = await self._opened(wrap, clock, ANSWER)
        for number in range(self.others):
            await client.send(Request("GET", f"http://{number}.test/a"))
        failure(await client.send(PLEASE), CircuitOpen)

    async def _opened(self, wrap: Any, clock: FakeClock, *then: Any) -> tuple[Any, Inner]:
        inner = Inner(*[failed()] * 3, *(then or (ANSWER,)))
        client = wrap(inner, policy=POLICY, clock=clock)
        for _ in range(3):
            await client.send(PLEASE)
        return client, inner

    async def _with_late(self, wrap: Any, clock: FakeClock, result: Any) -> tuple[Any, asyncio.Event]:
        """Return an open client, and the event that ends a call which began while it was closed."""
        event = asyncio.Event()
        client = wrap(Inner(_after(event, result), *[failed()] * 3, ANSWER), policy=POLICY, clock=clock)
        self._late = asyncio.create_task(client.send(PLEASE))
        await clock.advance(0)
        for _ in range(3):
            await client.send(PLEASE)
        return client, event


def _after(event: asyncio.Event, result: Any) -> Callable[[Request], Awaitable[Any]]:
    async def answer(request: Request) -> Any:
        await event.wait()
        return result

    return answer
