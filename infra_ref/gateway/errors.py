"""What can go wrong with a call, each a value that says whether trying again can help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from infra_ref.gateway.messages import Method, Request


def safe_url(url: str) -> str:
    """Return `url` fit to be shown: no credentials, no fragment, names but no values of a query.

    For example:

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
class NotModified(HttpError):
    """304, to a call that said what the caller has: that is still current.

    `headers`, with names in lower case, bring those of what the caller has up to
    date. `redirected` says that another URL than the asked one says so.
    """

    headers: Mapping[str, str] = field(repr=False)
    redirected: bool = False
    says: ClassVar[str] = "was answered with 304: what the caller has is current"


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
