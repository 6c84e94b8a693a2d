"""What every `ApiGateway` promises."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.contract import Passing, rule, tool
from infra_ref.gateway.authentication_port import Bearer
from infra_ref.gateway.contracts.peer_contract import PeerContract, failure, until, value
from infra_ref.gateway.discovery_port import ApiGateway, Instance, NoInstance, ServiceRegistry
from infra_ref.gateway.errors import Rejected, ServerFailed
from infra_ref.gateway.exchange.scripted_server import Answer, ScriptedServer, json_answer
from infra_ref.gateway.port import HttpOptions
from infra_ref.result import Err

LONG = 5.0
"""Seconds in which a question about health is answered, whatever instances do."""
OUTSIDE = (
    *("users/../admin", "users/..", "users/a/../../admin", "users/%2e%2e/admin", "users/%252E./admin"),
    *("users//other.test/7", "users/7//admin", "users/\\admin", "users/..\\admin", "users/%2f%2fother.test"),
    *("users/./7", "users/..;a/admin", "users/7%0d%0aX: 1", "http://other.test/7", "//other.test/7"),
    *("/users/7", "..", "../users", "", "users@other.test/7", "users:80/7", "users?a=b", "users%2f7"),
    "use rs/7",
)


class ApiGatewayContract(PeerContract):
    """`registry` is the one that the gateway asks; the service `users` gets its instances from the rules."""

    port = ApiGateway
    registry: Any = tool("the registry that the gateway asks, with no instance in it yet")

    @rule("GATE-01", "an endpoint is called at an instance of its service, with path, query, verb and data")
    async def calls(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, f"{peer.url}/v1")
        await registry.register(Instance("orders", peer.other_url))
        peer.answer("/v1/7/orders", json_answer({"id": 7}, 201))
        assert value(await gateway.call("users/7/orders?page=2", "POST", {"a": 1})).data == {"id": 7}
        (seen,) = peer.received
        assert (seen.origin, seen.path, seen.method) == (peer.url, "/v1/7/orders?page=2", "POST")
        assert seen.body == b'{"a":1}'

    @rule("GATE-02", "the options of a call go along")
    async def options(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, peer.url)
        peer.answer("/7", json_answer({}))
        options = HttpOptions(headers={"x-trace": "t1"}, authentication=Bearer("t2"), idempotency_key="k1")
        value(await gateway.call("users/7", "PUT", {}, options))
        sent = peer.received[-1].headers
        assert (sent.get("x-trace"), sent.get("authorization")) == ("t1", "Bearer t2")
        assert sent.get("idempotency-key") == "k1"

    @rule("GATE-03", "an error of the service comes back as it is")
    async def errors(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, peer.url)
        peer.answer("/7", json_answer({"why": "no"}, 409))
        error = failure(await gateway.call("users/7", "DELETE", options=HttpOptions(attempts=1)), Rejected)
        assert (error.status, error.body) == (409, b'{"why": "no"}')

    @rule("GATE-04", "a service without an instance, or without a name that is known, is NoInstance at once")
    async def no_instance(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await registry.register(Instance("orders", peer.url))
        once = HttpOptions(attempts=1)
        assert failure(await gateway.call("users/7", "GET", options=once), NoInstance).service == "users"
        for asked in (await gateway.get_service_url("users"), await gateway.health_check("users")):
            assert failure(asked, NoInstance).service == "users"
        assert peer.received == []

    @rule("GATE-05", "an endpoint that would leave its service raises ValueError, and nothing is sent")
    async def stays(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, f"{peer.url}/v1")
        let_through = []
        for endpoint in OUTSIDE:
            try:
                await gateway.call(endpoint, "GET", options=HttpOptions(attempts=1))
            except ValueError:
                continue
            let_through.append(endpoint)
        assert let_through == []
        assert peer.received == []

    @rule("GATE-06", "the URLs of a service's instances come in turn, each as often as the others")
    async def turns(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, peer.url, peer.other_url)
        urls = [(await gateway.get_service_url("users")).unwrap() for _ in range(6)]
        assert sorted(urls[:2]) == sorted((peer.url, peer.other_url))
        assert urls == urls[:2] * 3

    @rule("GATE-07", "health covers every instance: None for a healthy one, the reason for the others")
    async def health(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, peer.url, f"{peer.other_url}/v1", peer.nowhere)
        peer.answer("/health", Answer(body=b"fine", headers={"content-type": "text/plain"}))
        peer.answer("/v1/health", json_answer({}, 503))
        status = (await gateway.health_check("users")).unwrap()
        well, ill, gone = (
            status.instances.get(one, "?") for one in (peer.url, f"{peer.other_url}/v1", peer.nowhere)
        )
        assert (well, status.healthy) == (None, True)
        assert "503" in str(ill)
        assert gone is not None
        assert len(status.instances) == 3

    @rule("GATE-08", "an instance that hangs delays no other, and the answer is there after 5 s at most")
    async def bounded(
        self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry, clock: Passing
    ) -> None:
        hanging = [f"{peer.other_url}/{number}" for number in range(10)]
        await _users(registry, *hanging, f"{peer.url}/well")
        for number in range(10):
            peer.answer(f"/{number}/health", Answer(fault="hang"))
        peer.answer("/well/health", json_answer({}))
        asking = asyncio.create_task(gateway.health_check("users"))
        await until(lambda: len(peer.received) == 11)
        assert len(peer.received) == 11  # all at once, before any has timed out
        await clock.advance(LONG)
        await until(asking.done)
        assert asking.done()
        found = (await asking).unwrap().instances
        assert [url for url, why in found.items() if why is None] == [f"{peer.url}/well"]

    @rule("GATE-09", "an instance that health found ill gets no turn, until health finds it well again")
    async def avoids(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, f"{peer.url}/a", f"{peer.other_url}/b")
        peer.answer("/a/health", json_answer({}, 500), json_answer({}))
        peer.answer("/b/health", json_answer({}))
        await gateway.health_check("users")
        urls = {(await gateway.get_service_url("users")).unwrap() for _ in range(4)}
        assert urls == {f"{peer.other_url}/b"}
        await gateway.health_check("users")
        assert len({(await gateway.get_service_url("users")).unwrap() for _ in range(4)}) == 2

    @rule("GATE-10", "health is asked afresh each time")
    async def afresh(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, peer.url)
        peer.answer("/health", json_answer({}), json_answer({}, 503))
        healthy = [(await gateway.health_check("users")).unwrap().healthy for _ in range(2)]
        assert healthy == [True, False]

    @rule("GATE-11", "what one call carried does not go along with another, nor with a question about health")
    async def keeps_apart(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, peer.url)
        await registry.register(Instance("orders", peer.other_url))
        for path in ("/7", "/health"):
            peer.answer(path, json_answer({}))
        secret = HttpOptions(authentication=Bearer("swordfish"), headers={"cookie": "s=swordfish"})
        value(await gateway.call("users/7", "GET", options=secret))
        value(await gateway.call("orders/7", "GET"))
        for service in ("users", "orders"):
            assert (await gateway.health_check(service)).unwrap().healthy
        first, *others = peer.received
        assert "swordfish" in str(first.headers)
        assert "swordfish" not in str([one.headers for one in others])

    @rule("GATE-12", "nothing secret follows a redirect to another service's instance")
    async def redirected(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, peer.url)
        await registry.register(Instance("orders", peer.other_url))
        peer.answer("/7", Answer(302, b"", {"location": f"{peer.other_url}/8"}))
        peer.answer("/8", json_answer({}))
        secret = HttpOptions(authentication=Bearer("swordfish"), headers={"cookie": "s=swordfish"})
        value(await gateway.call("users/7", "GET", options=secret))
        assert peer.received[-1].origin == peer.other_url
        assert "swordfish" not in str(peer.received[-1].headers)

    @rule("GATE-13", "an error of the service shows neither credentials nor the values of a query")
    async def hides(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, peer.url)
        once = HttpOptions(attempts=1, authentication=Bearer("swordfish"))
        for endpoint in ("users/7?token=swordfish", "nobody/7?token=swordfish"):
            result: Any = await gateway.call(endpoint, "GET", options=once)
            assert "swordfish" not in f"{result.error} {result.error!r}"

    @rule("GATE-14", "an instance that a call found ill is passed over by the next calls")
    async def passes_over(self, gateway: ApiGateway, peer: ScriptedServer, registry: ServiceRegistry) -> None:
        await _users(registry, f"{peer.url}/a", f"{peer.other_url}/b")
        peer.answer("/a/7", json_answer({}, 503))
        peer.answer("/b/7", json_answer({}))
        once = HttpOptions(attempts=1)
        results = [await gateway.call("users/7", "GET", options=once) for _ in range(2)]
        assert [type(one.error) for one in results if isinstance(one, Err)] == [ServerFailed]
        for _ in range(4):
            value(await gateway.call("users/7", "GET", options=once))


async def _users(registry: ServiceRegistry, *urls: str) -> None:
    """Register instances of the service `users`."""
    for url in urls:
        await registry.register(Instance("users", url))
