"""How a call can fail, each a value; what a policy or another port refuses is declared there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from infra_ref.gateway.port import HttpError


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable(HttpError):
    """No connection: refused, no route, or no such name."""

    retryable = peer_failed = True
    message = "found no peer to connect to"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailed(HttpError):
    """The peer's certificate is not valid, or there is no common TLS."""

    peer_failed = True
    message = "could not trust the peer's TLS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(HttpError):
    """The connection broke, or what came was not HTTP."""

    retryable = peer_failed = may_have_acted = True
    message = "was cut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut(HttpError):
    """One attempt took longer than its timeout."""

    seconds: float
    retryable = peer_failed = may_have_acted = True
    message = "took longer than {0.seconds:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected(HttpError):
    """A redirect that was not followed: to nowhere, too many, or of a method that is not safe."""

    status: int
    location: str | None
    peer_failed = False
    message = "was redirected ({0.status}) to {0.location}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified(HttpError):
    """304, to a conditional call: what the caller has is still current.

    `headers`, with names in lower case, bring those of what the caller has up to
    date. `redirected` is true if another URL than the requested one answered.
    """

    headers: Mapping[str, str] = field(repr=False)
    redirected: bool = False
    peer_failed = False
    message = "was answered with 304: what the caller has is current"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected(HttpError):
    """The peer refuses: 4xx. `body` is its explanation, at most 64 KiB."""

    status: int
    body: bytes = field(default=b"", repr=False)
    peer_failed = False
    message = "was rejected: {0.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain(Rejected):
    """408 or 425: the peer asks for the same request once more (RFC 9110, RFC 8470)."""

    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyRequests(Rejected):
    """429: the peer receives more requests than it allows (RFC 6585)."""

    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFailed(HttpError):
    """The peer failed: 5xx. `body` is its explanation, at most 64 KiB."""

    status: int
    body: bytes = field(default=b"", repr=False)
    retryable = peer_failed = True
    message = "failed at the peer: {0.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedBody(HttpError):
    """The body is not what its content type declares."""

    why: str
    peer_failed = False
    message = "was answered with a malformed body: {0.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongContentType(HttpError):
    """The body is of another type than `accept` asked for."""

    expected: str
    actual: str
    peer_failed = False
    message = "was answered with {0.actual!r} instead of {0.expected!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyTooLarge(HttpError):
    """The body has more than `limit` bytes; the rest was not read."""

    limit: int
    peer_failed = False
    message = "was answered with more than {0.limit} bytes"
