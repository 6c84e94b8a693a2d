"""What every `HttpClient` promises where its peer or its caller fails. Part of `HttpClientContract`."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from infra_ref.contract import Passing, rule
from infra_ref.gateway.contracts.peer_contract import LONGER, ONCE, QUICK, PeerContract, failure, until
from infra_ref.gateway.errors import Disconnected, TimedOut, Unreachable
from infra_ref.gateway.exchange.scripted_server import Answer, Fault, ScriptedServer
from infra_ref.gateway.port import HttpClient, HttpOptions

FAULTS: tuple[Fault, ...] = ("cut", "reset", "half", "garbage", "hang")


class FaultRules(PeerContract):
    """Timeouts, broken connections, cancellation."""

    places: ClassVar[int] = 100
    """Calls that the client can have under way at once, at least."""

    @rule("HTTP-11", "no answer within the timeout is TimedOut")
    async def times_out(self, client: HttpClient, peer: ScriptedServer, clock: Passing) -> None:
        peer.answer("/a", Answer(fault="hang"))
        call = asyncio.create_task(client.get(f"{peer.url}/a", HttpOptions(timeout=QUICK, **ONCE)))
        await clock.advance(LONGER)
        assert call.done()
        assert failure(await call, TimedOut).retryable

    @rule("HTTP-12", "the timeout is for the whole attempt: a body that drips cannot outlast it")
    async def drips(self, client: HttpClient, peer: ScriptedServer, clock: Passing) -> None:
        peer.answer("/a", Answer(body=b'"%s"' % (b"x" * 98), delay=QUICK / 10, fault="drip"))
        call = asyncio.create_task(client.get(f"{peer.url}/a", HttpOptions(timeout=QUICK, **ONCE)))
        await clock.advance(LONGER)
        assert call.done()
        failure(await call, TimedOut)

    @rule("HTTP-13", "where nothing listens is Unreachable")
    async def unreachable(self, client: HttpClient, peer: ScriptedServer) -> None:
        assert failure(await client.get(f"{peer.nowhere}/a", HttpOptions(**ONCE)), Unreachable).peer_failed

    @rule("HTTP-14", "a connection that breaks before or within the answer is Disconnected")
    async def disconnected(self, client: HttpClient, peer: ScriptedServer) -> None:
        faults: tuple[Fault, ...] = ("cut", "reset", "half")
        peer.answer("/a", *(Answer(body=b'{"a": "b"}', fault=fault) for fault in faults))
        for _ in faults:
            failure(await client.get(f"{peer.url}/a", HttpOptions(**ONCE)), Disconnected)

    @rule("HTTP-15", "an answer that is not HTTP is Disconnected")
    async def garbage(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(fault="garbage"))
        failure(await client.get(f"{peer.url}/a", HttpOptions(**ONCE)), Disconnected)

    @rule("HTTP-16", "a cancelled call ends at once, as cancelled, and is not made again")
    async def cancelled(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(fault="hang"))
        call = asyncio.create_task(client.get(f"{peer.url}/a"))
        await until(lambda: peer.busy == 1)
        call.cancel()
        await asyncio.wait({call}, timeout=1)
        assert call.cancelled()
        assert len(peer.received) == 1

    @rule("HTTP-17", "calls that fail or are cancelled leave no connection in use")
    async def leaves_nothing(self, client: HttpClient, peer: ScriptedServer, clock: Passing) -> None:
        peer.answer("/a", *(Answer(fault=fault) for fault in FAULTS * 5))
        options = HttpOptions(timeout=QUICK, **ONCE)
        calls = [asyncio.create_task(client.get(f"{peer.url}/a", options)) for _ in FAULTS * 5]
        await until(lambda: len(peer.received) == len(calls))
        for call in calls[: len(calls) // 2]:
            call.cancel()
        await clock.advance(LONGER)
        await asyncio.wait(calls, timeout=1)
        await until(lambda: peer.busy == 0)
        assert peer.busy == 0

    @rule("HTTP-32", "a call whose connection breaks was sent once: to repeat it is another's choice")
    async def once(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(fault="cut"))
        failure(await client.delete(f"{peer.url}/a", HttpOptions(**ONCE)), Disconnected)
        assert len(peer.received) == 1

    @rule("HTTP-35", "calls that time out while others wait for a connection leave all connections free")
    async def gives_back(self, client: HttpClient, peer: ScriptedServer, clock: Passing) -> None:
        peer.answer("/a", Answer(fault="hang"))
        options = HttpOptions(timeout=QUICK, **ONCE)
        urls = [f"{peer.url}/a"] * (self.places * 3 // 2)
        crowd = [asyncio.create_task(client.get(url, options)) for url in urls]
        for _ in range(3):  # where some wait outside the client, their timeout begins later
            await clock.advance(LONGER)
        for call in crowd:
            call.cancel()
        await until(lambda: peer.busy == 0, 4.0)
        calls = [asyncio.create_task(client.get(f"{peer.other_url}/a")) for _ in range(self.places)]
        await until(lambda: peer.busy == self.places, 4.0)
        assert peer.busy == self.places
        for call in calls:
            call.cancel()
