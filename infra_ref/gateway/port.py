"""The ports of the gateway: an HTTP client that answers with a `Result`, whatever its peer does.

Times are in seconds. A call never raises for what a peer or the network does;
it raises for a bug (ValueError, TypeError) and when it is cancelled.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias
from urllib.parse import urlsplit

from infra_ref.result import Result

Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

SAFE: frozenset[Method] = frozenset({"GET", "HEAD"})
"""Methods that change nothing at the peer (RFC 9110, section 9.2.1)."""


class Authentication(Protocol):
    """Who is calling, as the request headers that say so."""

    def headers(self) -> Mapping[str, str]:
        """Return the headers to add. They go to the origin that was called and to no other."""
        ...


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token in the Authorization header (RFC 6750)."""

    token: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        """Return the Authorization header."""
        return {"authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Basic:
    """A user and a password (RFC 7617)."""

    user: str
    password: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        """Return the Authorization header."""
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"authorization": f"Basic {pair}"}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in a header of the peer's choice."""

    key: str = field(repr=False)
    header: str = "x-api-key"

    def headers(self) -> Mapping[str, str]:
        """Return that header."""
        return {self.header: self.key}


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """A user or service whose token `AuthenticatedHttpClient` fetches and keeps."""

    subject: str

    def headers(self) -> Mapping[str, str]:
        """Raise ValueError: it takes an `AuthenticatedHttpClient` to get the token."""
        raise ValueError(f"nobody fetched a token for {self!r}: wrap the client in AuthenticatedHttpClient")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How to make one call. Raises ValueError for what cannot be.

    `timeout` bounds one attempt, from connecting to the last byte; `deadline`
    the whole call with all attempts and waits, None for no such limit.
    `attempts` is the text's `retries`, which counts the first one too; None
    leaves it to the client. `idempotency_key` makes a repeat safe at peers that
    know it, and so allows one. `accept` is the media type that the answer must
    have; `max_body` the bytes that it may have once decompressed.
    """

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = 30.0
    deadline: float | None = None
    attempts: int | None = None
    authentication: Authentication | None = None
    idempotency_key: str | None = None
    accept: str = "application/json"
    max_body: int = 10 * 1024 * 1024

    def __post_init__(self) -> None:
        for name, seconds in (("timeout", self.timeout), ("deadline", self.deadline)):
            if seconds is not None and not (seconds > 0 and math.isfinite(seconds)):
                raise ValueError(
                    f"{name} is in seconds and above 0, not {seconds!r}; leave it out for the default"
                )
        if self.attempts is not None and self.attempts < 1:
            raise ValueError(f"attempts counts the first one too, so it is 1 or more, not {self.attempts!r}")
        for name, value in (*self.headers.items(), ("idempotency-key", self.idempotency_key or "")):
            if any(sign in f"{name}{value}" for sign in "\r\n\0"):
                raise ValueError(
                    f"the header {name!r} has a line break in it, which would forge another header"
                )


DEFAULTS = HttpOptions()


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `data` goes out as JSON, bytes as they are, and None means no body."""

    method: Method
    url: str
    data: Any = field(default=None, repr=False)
    options: HttpOptions = field(default=DEFAULTS, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of the 2xx kind.

    Names in `headers` are in lower case. `data` is the decoded JSON; it is None
    where there is no body, or where `accept` asked for something else: see `body`.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    data: Any = field(repr=False)


class HttpClient(Protocol):
    """Calls other services. An adapter or a decorator inherits from it and writes `send`."""

    async def send(self, request: Request) -> Result[Response, HttpError]:
        """Make the call. Anything but an answer of the 2xx kind in the asked-for form is an `Err`."""
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


class RateLimiter(Protocol):
    """Lets calls through at no more than a rate, for each key by itself, first come first served."""

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Result[None, Limited]:
        """Return `Ok` once the call may go; `Err` at once if that would take longer than `patience` seconds.

        None waits however long it takes. One that is cancelled while it waits takes nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The rate is used up; a call could go after that many seconds."""

    retry_after: float


@dataclass(frozen=True, slots=True)
class LimiterDown:
    """The limiter's store did not answer in time, so nobody knows the rate. Trying again can help."""

    cause: BaseException | None = field(default=None, repr=False, compare=False)


Limited: TypeAlias = LimitReached | LimiterDown


@dataclass(frozen=True, slots=True, order=True)
class Instance:
    """One running copy of a service; `url` is where its paths begin."""

    service: str
    url: str


@dataclass(frozen=True, slots=True)
class RegistryDown:
    """The registry's store did not answer in time. Trying again can help."""

    cause: BaseException | None = field(default=None, repr=False, compare=False)


class ServiceRegistry(Protocol):
    """Knows which instances of a service are alive: those that said so within their lease."""

    async def register(self, instance: Instance) -> Result[None, RegistryDown]:
        """Make it known for the time of a lease."""
        ...

    async def heartbeat(self, instance: Instance) -> Result[bool, RegistryDown]:
        """Begin its lease anew; False if it is not known, or no longer: then register it again."""
        ...

    async def deregister(self, instance: Instance) -> Result[None, RegistryDown]:
        """Forget it now, as a service does before it stops."""
        ...

    async def instances(self, service: str) -> Result[tuple[Instance, ...], RegistryDown]:
        """Return those that are alive, in the order of their URLs."""
        ...


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """What the instances of a service answered: None for well, else why not, by URL."""

    service: str
    instances: Mapping[str, str | None]

    @property
    def healthy(self) -> bool:
        """Whether at least one can be called."""
        return any(why is None for why in self.instances.values())


class ApiGateway(Protocol):
    """One door to many services, each called by its name."""

    async def call(
        self, endpoint: str, method: Method, data: Any = None, options: HttpOptions = DEFAULTS
    ) -> Result[Response, HttpError]:
        """Call an endpoint: the name of its service, then its path, as in `users/7/orders`."""
        ...

    async def get_service_url(self, service_name: str) -> Result[str, HttpError]:
        """Return the URL of an instance that is well, each in turn."""
        ...

    async def health_check(self, service_name: str) -> Result[HealthStatus, HttpError]:
        """Ask every instance how it is."""
        ...


class AddressGuard(Protocol):
    """Decides where a client may connect to."""

    async def address(self, host: str, port: int) -> Result[str, str]:
        """Return the address to connect to, or the reason why none of this host may be. Raises OSError."""
        ...


# What can go wrong


def safe_url(url: str) -> str:
    """Return `url` fit to be shown: no credentials, no fragment, names but no values of a query.

    >>> safe_url("https://ann:secret@api.test/users?token=abc&page=2#top")
    'https://api.test/users?token=***&page=***'
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        query = "&".join(pair.partition("=")[0] + "=***" for pair in parts.query.split("&") if pair)
    except ValueError:
        return "(not a URL)"
    text = parts._replace(netloc=host, query=query, fragment="").geturl()
    return "".join(sign if sign.isprintable() else "?" for sign in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpError:
    """Why a call gave no answer that can be used. `url` is safe to show.

    `transient` says whether the same call may succeed later, `peer_failed`
    whether it tells that the peer is ill, and `retry_after` after how many
    seconds to try again, None where nobody said. `cause` is the exception
    behind it, for a debugger: its text may hold secrets.
    """

    method: Method
    url: str
    retry_after: float | None = None
    cause: BaseException | None = field(default=None, repr=False, compare=False)
    transient: ClassVar[bool] = False
    peer_failed: ClassVar[bool] = False
    says: ClassVar[str] = "failed"

    @classmethod
    def of(cls, request: Request, **more: Any) -> Self:
        """Return this error about that request."""
        return cls(method=request.method, url=safe_url(request.url), **more)

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.says.format(self)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable(HttpError):
    """No connection: refused, no route, or no such name."""

    transient: ClassVar[bool] = True
    peer_failed: ClassVar[bool] = True
    says: ClassVar[str] = "found nobody to connect to"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailed(HttpError):
    """The peer's certificate does not hold, or no common TLS."""

    peer_failed: ClassVar[bool] = True
    says: ClassVar[str] = "could not trust the peer's TLS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(HttpError):
    """The connection broke, or what came was not HTTP. The peer may have acted."""

    transient: ClassVar[bool] = True
    peer_failed: ClassVar[bool] = True
    says: ClassVar[str] = "was cut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut(HttpError):
    """One attempt took longer than its timeout. The peer may have acted."""

    seconds: float
    transient: ClassVar[bool] = True
    peer_failed: ClassVar[bool] = True
    says: ClassVar[str] = "took longer than {0.seconds:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineExceeded(HttpError):
    """The whole call took longer than its deadline; `last` is what the last attempt met, if any."""

    seconds: float
    last: HttpError | None = None
    says: ClassVar[str] = "had not succeeded after {0.seconds:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected(HttpError):
    """A redirect that was not followed: to nowhere, too many, or of a method that is not safe."""

    status: int
    location: str | None
    says: ClassVar[str] = "was redirected ({0.status}) to {0.location}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected(HttpError):
    """The peer refuses: 4xx. `body` is what it says about it, at most 64 KiB."""

    status: int
    body: bytes = field(default=b"", repr=False)
    says: ClassVar[str] = "was rejected: {0.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain(Rejected):
    """408 or 425: the peer asks for the same request once more (RFC 9110, RFC 8470)."""

    transient: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimited(Rejected):
    """429: the peer gets too many requests."""

    transient: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFailed(HttpError):
    """The peer failed: 5xx. `body` is what it says about it, at most 64 KiB."""

    status: int
    body: bytes = field(default=b"", repr=False)
    transient: ClassVar[bool] = True
    peer_failed: ClassVar[bool] = True
    says: ClassVar[str] = "failed at the peer: {0.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedBody(HttpError):
    """The body is not what its content type says."""

    why: str
    says: ClassVar[str] = "was answered with a malformed body: {0.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongContentType(HttpError):
    """The body is of another kind than `accept` asked for."""

    expected: str
    seen: str
    says: ClassVar[str] = "was answered with {0.seen!r} instead of {0.expected!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyTooLarge(HttpError):
    """The body has more than `limit` bytes; the rest was not read."""

    limit: int
    says: ClassVar[str] = "was answered with more than {0.limit} bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRefused(HttpError):
    """The host has an address that must not be called from here."""

    why: str
    says: ClassVar[str] = "was not sent: {0.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitOpen(HttpError):
    """Not sent: the peer failed too often lately."""

    transient: ClassVar[bool] = True
    says: ClassVar[str] = "was not sent: the circuit is open"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverLimit(HttpError):
    """Not sent: our own rate limit, or the limiter's store is down."""

    transient: ClassVar[bool] = True
    says: ClassVar[str] = "was not sent: over our own rate limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkheadFull(HttpError):
    """Not sent: too many calls to this peer are under way or waiting."""

    transient: ClassVar[bool] = True
    says: ClassVar[str] = "was not sent: too many calls are under way"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(HttpError):
    """No token could be had; `reason` is what the token source met, None if the peer refused a new token."""

    reason: HttpError | None = None
    says: ClassVar[str] = "could not be authenticated"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoInstance(HttpError):
    """Not sent: no instance of the service is alive, or nobody knows; `service` is its name."""

    service: str
    transient: ClassVar[bool] = True
    says: ClassVar[str] = "was not sent: no instance of {0.service!r} is known"
