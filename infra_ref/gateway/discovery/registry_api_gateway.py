"""One gateway to all services of a registry."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import unquote

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.discovery.round_robin import RoundRobin
from infra_ref.gateway.discovery_port import ApiGateway, HealthStatus, Instance, NoInstance, ServiceRegistry
from infra_ref.gateway.port import (
    DEFAULTS,
    HttpClient,
    HttpError,
    HttpOptions,
    HttpResult,
    Method,
    Request,
    safe_url,
)
from infra_ref.result import Err, Ok, Result

PROBE = HttpOptions(timeout=2.0, attempts=1, accept="*/*")
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


class RegistryApiGateway(ApiGateway):
    """An `ApiGateway` for the services of `registry`.

    `http` makes the calls and must know `service://` URLs: a
    `DiscoveringHttpClient`, best with retries around it. `direct` asks instances
    for their health, without retries. With the `balancer` of the former, an
    instance that is found unhealthy is not called for a while.
    """

    def __init__(
        self,
        http: HttpClient,
        registry: ServiceRegistry,
        *,
        direct: HttpClient,
        balancer: RoundRobin | None = None,
        health_path: str = "/health",
        clock: Clock | None = None,
    ) -> None:
        self._http, self._registry, self._direct = http, registry, direct
        self._balancer, self._path = balancer or RoundRobin(), health_path
        self._clock = clock or SystemClock()

    async def call(
        self, endpoint: str, method: Method, data: Any = None, options: HttpOptions = DEFAULTS
    ) -> HttpResult:
        if (why := why_not_called(endpoint)) is not None:
            raise ValueError(why)
        return await self._http.send(Request(method, f"service://{endpoint}", data, options))

    async def get_service_url(self, service_name: str) -> Result[str, HttpError]:
        found = await self._found(service_name)
        if isinstance(found, Err):
            return found
        url = self._balancer.pick(service_name, [one.url for one in found.value], self._clock.monotonic())
        return Ok(url) if url is not None else _no_instance(service_name)

    async def health_check(self, service_name: str) -> Result[HealthStatus, HttpError]:
        found = await self._found(service_name)
        if isinstance(found, Err):
            return found
        answers = await asyncio.gather(*(self._probe(one) for one in found.value))
        return Ok(HealthStatus(service_name, dict(answers)))

    async def _found(self, service: str) -> Result[tuple[Instance, ...], HttpError]:
        match await self._registry.instances(service):
            case Ok(instances) if instances:
                return Ok(instances)
            case Err(unavailable):
                return _no_instance(service, unavailable.cause)
            case _:
                return _no_instance(service)

    async def _probe(self, instance: Instance) -> tuple[str, str | None]:
        result = await self._direct.get(f"{instance.url.rstrip('/')}{self._path}", PROBE)
        if isinstance(result, Ok):
            self._balancer.succeeded(instance.url)
            return instance.url, None
        self._balancer.failed(instance.url, self._clock.monotonic())
        return instance.url, str(result.error)


def _no_instance(service: str, cause: BaseException | None = None) -> Err[HttpError]:
    return Err(NoInstance(method="GET", url=f"service://{service}", service=service, cause=cause))


def why_not_called(endpoint: str) -> str | None:
    """Return why this cannot be an endpoint, None if it is one.

    A path leaves its service where whoever reads the URL on its way may take a
    part of it for a step up or for another host: `..`, `//`, a backslash, all
    of them also when percent-encoded, and before a `;`, which some servers cut off.

    >>> why_not_called("users/7/orders?page=2")
    >>> why_not_called("users/../admin")
    "the path of 'users/../admin' leaves its service"
    """
    service, _, rest = endpoint.partition("/")
    if not _SERVICE.fullmatch(service):
        return "an endpoint is a service and a path, as in 'users/7', and this one names no service"
    path = _decoded(re.split(r"[?#]", rest, maxsplit=1)[0])
    steps = [step.partition(";")[0] for step in path.split("/")]
    leaves = "\\" in path or not path.isprintable() or {".", ".."} & set(steps) or "" in steps[:-1]
    return f"the path of {safe_url(endpoint)!r} leaves its service" if leaves else None


def _decoded(path: str) -> str:
    while (once := unquote(path)) != path:
        path = once
    return path
