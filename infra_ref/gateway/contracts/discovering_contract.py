"""What a client promises that finds instances by a service's name. The adapter is the constructor of one."""

from __future__ import annotations

from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.decorator_contract import (
    ANSWER,
    PLEASE,
    DecoratorContract,
    Inner,
    PeerRefused,
    failed,
)
from infra_ref.gateway.contracts.peer_contract import failure
from infra_ref.gateway.discovery_port import Instance, NoInstance, RegistryUnavailable
from infra_ref.gateway.port import Request
from infra_ref.result import Err, Ok, Result

A, B = "http://a.test", "http://b.test"


class Known:
    """A registry with a scripted answer. To find instances, no more is asked of one."""

    def __init__(self, *urls: str) -> None:
        self.urls: tuple[str, ...] = urls
        self.down = False

    async def instances(self, service: str) -> Result[tuple[Instance, ...], RegistryUnavailable]:
        """Return them for `users`, and nothing for others."""
        if self.down:
            return Err(RegistryUnavailable())
        return Ok(tuple(Instance(service, url) for url in self.urls if service == "users"))


class DiscoveringContract(DecoratorContract):
    """The service is `users`, at A and B."""

    @rule(
        "DISC-01",
        "a service's name becomes an instance's URL, path and query stay; other URLs pass unchanged",
    )
    async def translates(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        client = wrap(inner, Known("http://a.test/v1/"), clock=clock)
        assert await client.get("service://users/7?x=1") is ANSWER
        assert await client.send(PLEASE) is ANSWER
        assert [call.url for call in inner.calls] == ["http://a.test/v1/7?x=1", PLEASE.url]

    @rule("DISC-02", "a service without an instance is NoInstance, and nothing is sent")
    async def no_instance(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        error = failure(await wrap(inner, Known(A), clock=clock).get("service://orders/7"), NoInstance)
        assert (error.service, inner.calls) == ("orders", [])

    @rule("DISC-03", "instances take turns")
    async def turns(self, wrap: Any, clock: FakeClock) -> None:
        assert await self._called(wrap(inner := Inner(), Known(A, B), clock=clock), inner, 6) == "ababab"

    @rule("DISC-04", "an instance that fails is passed over for a while, and then gets its turn again")
    async def rests(self, wrap: Any, clock: FakeClock) -> None:
        def answer(request: Request) -> Any:
            return failed() if clock.monotonic() < 1 and request.url.startswith(A) else ANSWER

        inner = Inner(answer)
        client = wrap(inner, Known(A, B), clock=clock)
        assert await self._called(client, inner, 5) == "abbbb"
        await clock.advance(60)
        assert sorted(await self._called(client, inner, 4)) == list("aabb")

    @rule("DISC-05", "while the registry is down, what it said last serves")
    async def remembers(self, wrap: Any, clock: FakeClock) -> None:
        registry, inner = Known(A), Inner()
        client = wrap(inner, registry, clock=clock)
        await client.get("service://users/7")
        registry.down = True
        await clock.advance(3600)
        assert await client.get("service://users/7") is ANSWER

    @rule(
        "DISC-06",
        "an instance that is gone from the registry is called no more, after a minute at the latest",
    )
    async def notices(self, wrap: Any, clock: FakeClock) -> None:
        registry, inner = Known(A, B), Inner()
        client = wrap(inner, registry, clock=clock)
        await self._called(client, inner, 2)
        registry.urls = (B,)
        await clock.advance(60)
        assert await self._called(client, inner, 3) == "bbb"

    @rule("DISC-07", "an instance that refuses a call is not ill, and keeps its turn")
    async def refuses(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner(failed(PeerRefused))
        await clock.advance(1)
        assert await self._called(wrap(inner, Known(A, B), clock=clock), inner, 6) == "ababab"

    async def _called(self, client: Any, inner: Inner, times: int) -> str:
        """Return the letters of the instances that were called."""
        before = len(inner.calls)
        for _ in range(times):
            await client.get("service://users/7")
        return "".join(call.url.removeprefix("http://")[0] for call in inner.calls[before:])
