"""The ports of the gateway: an HTTP client that answers with a `Result`, whatever its peer does.

Times are in seconds. A call never raises for what a peer or the network does;
it raises for a bug (ValueError, TypeError) and when it is cancelled.
"""

from __future__ import annotations

from typing import Any, Protocol

from infra_ref.gateway.authentication import (
    ApiKey,
    Authentication,
    Basic,
    Bearer,
    OnBehalfOf,
)
from infra_ref.gateway.discovery_port import (
    ApiGateway,
    HealthStatus,
    Instance,
    RegistryDown,
    ServiceRegistry,
)
from infra_ref.gateway.errors import (
    AddressRefused,
    BodyTooLarge,
    BulkheadFull,
    CircuitOpen,
    DeadlineExceeded,
    Disconnected,
    HttpError,
    LoginFailed,
    MalformedBody,
    NoInstance,
    NotModified,
    OverLimit,
    RateLimited,
    Redirected,
    Rejected,
    ServerFailed,
    TimedOut,
    TlsFailed,
    TryAgain,
    Unreachable,
    WrongContentType,
    safe_url,
)
from infra_ref.gateway.limiter_port import (
    Limited,
    LimiterDown,
    LimitReached,
    RateLimiter,
)
from infra_ref.gateway.messages import (
    DEFAULTS,
    SAFE,
    HttpOptions,
    Method,
    Request,
    Response,
)
from infra_ref.result import Result


class HttpClient(Protocol):
    """Calls other services. An adapter or a decorator inherits from it and writes `send`."""

    async def send(self, request: Request) -> Result[Response, HttpError]:
        """Make the call. Anything but an answer of the 2xx kind in the asked-for form is an `Err`.

        Raises TypeError or ValueError for data that is no JSON, before anything is sent.
        """
        ...

    async def get(self, url: str, options: HttpOptions = DEFAULTS) -> Result[Response, HttpError]:
        """Send a GET."""
        return await self.send(Request("GET", url, None, options))

    async def post(self, url: str, data: Any, options: HttpOptions = DEFAULTS) -> Result[Response, HttpError]:
        """Send a POST."""
        return await self.send(Request("POST", url, data, options))

    async def put(self, url: str, data: Any, options: HttpOptions = DEFAULTS) -> Result[Response, HttpError]:
        """Send a PUT."""
        return await self.send(Request("PUT", url, data, options))

    async def patch(
        self, url: str, data: Any, options: HttpOptions = DEFAULTS
    ) -> Result[Response, HttpError]:
        """Send a PATCH."""
        return await self.send(Request("PATCH", url, data, options))

    async def delete(self, url: str, options: HttpOptions = DEFAULTS) -> Result[Response, HttpError]:
        """Send a DELETE."""
        return await self.send(Request("DELETE", url, None, options))


class TokenSource(Protocol):
    """Where tokens come from."""

    async def fetch(self, subject: str) -> Result[str, HttpError]:
        """Return a new token for that user or service."""
        ...


class AddressGuard(Protocol):
    """Decides where a client may connect to."""

    async def address(self, host: str, port: int) -> Result[str, str]:
        """Return the address to connect to, or the reason why none of this host may be. Raises OSError."""
        ...


__all__ = [
    "DEFAULTS",
    "SAFE",
    "AddressGuard",
    "AddressRefused",
    "ApiGateway",
    "ApiKey",
    "Authentication",
    "Basic",
    "Bearer",
    "BodyTooLarge",
    "BulkheadFull",
    "CircuitOpen",
    "DeadlineExceeded",
    "Disconnected",
    "HealthStatus",
    "HttpClient",
    "HttpError",
    "HttpOptions",
    "Instance",
    "LimitReached",
    "Limited",
    "LimiterDown",
    "LoginFailed",
    "MalformedBody",
    "Method",
    "NoInstance",
    "NotModified",
    "OnBehalfOf",
    "OverLimit",
    "RateLimited",
    "RateLimiter",
    "Redirected",
    "RegistryDown",
    "Rejected",
    "Request",
    "Response",
    "ServerFailed",
    "ServiceRegistry",
    "TimedOut",
    "TlsFailed",
    "TokenSource",
    "TryAgain",
    "Unreachable",
    "WrongContentType",
    "safe_url",
]
