"""One door to all services of a registry."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.decisions.endpoints import why_not_called
from infra_ref.gateway.decisions.round_robin import RoundRobin
from infra_ref.gateway.port import (
    DEFAULTS,
    ApiGateway,
    HealthStatus,
    HttpClient,
    HttpError,
    HttpOptions,
    Instance,
    Method,
    NoInstance,
    Request,
    Response,
    ServiceRegistry,
)
from infra_ref.result import Err, Ok, Result

PROBE = HttpOptions(timeout=2.0, attempts=1, accept="*/*")


class RegistryApiGateway(ApiGateway):
    """An `ApiGateway` for the services of `registry`.

    `http` makes the calls and must know `service://` URLs: a
    `DiscoveringHttpClient`, best with retries around it. `direct` asks instances
    for their health, without retries. With the `balancer` of the former, an
    instance that is found ill is not called for a while.
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
    ) -> Result[Response, HttpError]:
        if (why := why_not_called(endpoint)) is not None:
            raise ValueError(why)
        return await self._http.send(Request(method, f"service://{endpoint}", data, options))

    async def get_service_url(self, service_name: str) -> Result[str, HttpError]:
        found = await self._found(service_name)
        if isinstance(found, Err):
            return found
        url = self._balancer.pick(service_name, [one.url for one in found.value], self._clock.monotonic())
        return Ok(url) if url is not None else _nobody(service_name)

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
            case Err(down):
                return _nobody(service, down.cause)
            case _:
                return _nobody(service)

    async def _probe(self, instance: Instance) -> tuple[str, str | None]:
        result = await self._direct.get(f"{instance.url.rstrip('/')}{self._path}", PROBE)
        if isinstance(result, Ok):
            self._balancer.succeeded(instance.url)
            return instance.url, None
        self._balancer.failed(instance.url, self._clock.monotonic())
        return instance.url, str(result.error)


def _nobody(service: str, cause: BaseException | None = None) -> Err[HttpError]:
    return Err(NoInstance(method="GET", url=f"service://{service}", service=service, cause=cause))
