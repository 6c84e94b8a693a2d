"""The port of the gateway: an HTTP client that answers with a `Result`, whatever its peer does.

Times are in seconds. A call never raises for what a peer or the network does;
it raises for a bug (ValueError, TypeError) and when it is cancelled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias
from urllib.parse import urlsplit

from infra_ref.failures import Failure
from infra_ref.result import Result

Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

SAFE: frozenset[Method] = frozenset({"GET", "HEAD"})  # RFC 9110, section 9.2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How to make one call. Raises ValueError for what cannot be.

    `timeout` bounds one attempt, from connecting to the last byte; `deadline` the whole call
    with all attempts and waits, None for no such limit. `attempts` is the total, the first
    included; None leaves it to the client. An `idempotency_key` makes a repeat safe at peers
    that know it, and so allows one. `accept` is the media type that the answer must have,
    `max_body` the bytes that it may have once decompressed.
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
            if seconds is not None and not (0 < seconds < math.inf):
                raise ValueError(f"{name} is in seconds and above 0, not {seconds!r}; or leave it out")
        if self.attempts is not None and (type(self.attempts) is not int or self.attempts < 1):
            raise ValueError(f"attempts is 1 or more, the first included, not {self.attempts!r}")
        for name, value in (*self.headers.items(), ("idempotency-key", self.idempotency_key or "")):
            if any(sign in f"{name}{value}" for sign in "\r\n\0"):
                raise ValueError(f"the header {name!r} has a line break, which would forge another header")


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
    `redirected` is true if another URL than the requested one answered.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    data: Any = field(repr=False)
    redirected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpError(Failure):
    """Why a call gave no answer that can be used. `url` is safe to show.

    `peer_failed`: whether the peer is unhealthy; None if the error does not show it.
    `may_have_acted`: whether the peer may have carried out the call all the same.
    """

    method: Method
    url: str
    peer_failed: ClassVar[bool | None] = None
    may_have_acted: ClassVar[bool] = False
    message: ClassVar[str] = "failed"

    @classmethod
    def of(cls, request: Request, **more: Any) -> Self:
        """Return this error about that request."""
        return cls(method=request.method, url=safe_url(request.url), **more)

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.message.format(self)}"


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
    shown = parts._replace(netloc=host, query=query, fragment="").geturl()
    return "".join(sign if sign.isprintable() else "?" for sign in shown)


HttpResult: TypeAlias = Result[Response, HttpError]


class HttpClient(Protocol):
    """Calls other services. An adapter or a decorator inherits from it and writes `send`."""

    async def send(self, request: Request) -> HttpResult:
        """Make the call. Anything but an answer of the 2xx kind in the requested form is an `Err`.

        Raises TypeError or ValueError for data that is not JSON, before anything is sent.
        """
        ...

    async def get(self, url: str, options: HttpOptions = DEFAULTS) -> HttpResult:
        return await self.send(Request("GET", url, None, options))

    async def post(self, url: str, data: Any, options: HttpOptions = DEFAULTS) -> HttpResult:
        return await self.send(Request("POST", url, data, options))

    async def put(self, url: str, data: Any, options: HttpOptions = DEFAULTS) -> HttpResult:
        return await self.send(Request("PUT", url, data, options))

    async def patch(self, url: str, data: Any, options: HttpOptions = DEFAULTS) -> HttpResult:
        return await self.send(Request("PATCH", url, data, options))

    async def delete(self, url: str, options: HttpOptions = DEFAULTS) -> HttpResult:
        return await self.send(Request("DELETE", url, None, options))


class Authentication(Protocol):
    """Who is calling."""

    def headers(self) -> Mapping[str, str]:
        """Return the request headers that show it. They go to the origin that was called and to no other."""
        ...
