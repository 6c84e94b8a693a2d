"""The ports that find a service by its name: a registry of its instances, and one gateway to them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from infra_ref.failures import Failure
from infra_ref.gateway.port import DEFAULTS, HttpError, HttpOptions, HttpResult, Method
from infra_ref.result import Result


@dataclass(frozen=True, slots=True, order=True)
class Instance:
    """One running copy of a service; `url` is where its paths begin."""

    service: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryUnavailable(Failure):
    """The registry's store did not answer in time."""

    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NoInstance(HttpError):
    """Not sent: no instance of `service` is alive, or the registry is unavailable."""

    service: str
    retryable = True
    message = "was not sent: no instance of {0.service!r} is known"


class ServiceRegistry(Protocol):
    """Knows which instances of a service are alive: those that registered or renewed within their lease."""

    async def register(self, instance: Instance) -> Result[None, RegistryUnavailable]:
        """Make it known for the time of a lease."""
        ...

    async def heartbeat(self, instance: Instance) -> Result[bool, RegistryUnavailable]:
        """Begin its lease anew; False if it is not known, or no longer: then register it again."""
        ...

    async def deregister(self, instance: Instance) -> Result[None, RegistryUnavailable]:
        """Forget it now, as a service does before it stops."""
        ...

    async def instances(self, service: str) -> Result[tuple[Instance, ...], RegistryUnavailable]:
        """Return those that are alive, in the order of their URLs."""
        ...


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """The health of a service's instances by URL: None if healthy, else why not."""

    service: str
    instances: Mapping[str, str | None]

    @property
    def healthy(self) -> bool:
        """Whether at least one can be called."""
        return any(why is None for why in self.instances.values())


class ApiGateway(Protocol):
    """One gateway to many services, each called by its name."""

    async def call(
        self, endpoint: str, method: Method, data: Any = None, options: HttpOptions = DEFAULTS
    ) -> HttpResult:
        """Call an endpoint: the name of its service, then its path, as in `users/7/orders`.

        Raises ValueError for one that names no service, or whose path would leave it.
        """
        ...

    async def get_service_url(self, service_name: str) -> Result[str, HttpError]:
        """Return the URL of an instance, healthy ones in turn; NoInstance if none is alive."""
        ...

    async def health_check(self, service_name: str) -> Result[HealthStatus, HttpError]:
        """Ask every instance for its health, all at once and afresh; NoInstance if none is alive.

        The answer is there after 5 seconds at most, also where an instance hangs.
        """
        ...
