"""A decorator that finds an instance for a service's name."""

from __future__ import annotations

from dataclasses import replace

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.discovery.round_robin import RoundRobin
from infra_ref.gateway.discovery_port import Instance, NoInstance, ServiceRegistry
from infra_ref.gateway.port import HttpClient, HttpResult, Request
from infra_ref.result import Err, Ok

SCHEME = "service://"


class DiscoveringHttpClient(HttpClient):
    """Sends `service://users/7` to an instance of `users`, each in turn; other URLs pass unchanged.

    An instance that fails rests for a while, so retries outside of this find
    another one. The registry's answer serves for `fresh` seconds, and for longer
    while it is unavailable: yesterday's address is better than none.
    """

    def __init__(
        self,
        inner: HttpClient,
        registry: ServiceRegistry,
        *,
        balancer: RoundRobin | None = None,
        fresh: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        self._inner, self._registry, self._fresh = inner, registry, fresh
        self._balancer, self._clock = balancer or RoundRobin(), clock or SystemClock()
        self._known: dict[str, tuple[float, tuple[Instance, ...]]] = {}

    async def send(self, request: Request) -> HttpResult:
        if not request.url.startswith(SCHEME):
            return await self._inner.send(request)
        service, slash, path = request.url.removeprefix(SCHEME).partition("/")
        urls = [one.url for one in await self._instances(service)]
        url = self._balancer.pick(service, urls, self._clock.monotonic())
        if url is None:
            return Err(NoInstance.of(request, service=service))
        result = await self._inner.send(replace(request, url=f"{url.rstrip('/')}{slash}{path}"))
        if isinstance(result, Err) and result.error.peer_failed:
            self._balancer.failed(url, self._clock.monotonic())
        elif isinstance(result, Ok):
            self._balancer.succeeded(url)
        return result

    async def _instances(self, service: str) -> tuple[Instance, ...]:
        until, known = self._known.get(service, (float("-inf"), ()))
        if self._clock.monotonic() < until:
            return known
        match await self._registry.instances(service):
            case Ok(instances):
                known = instances
            case Err():
                pass  # what was known last has to serve
        self._known[service] = self._clock.monotonic() + self._fresh, known
        return known
