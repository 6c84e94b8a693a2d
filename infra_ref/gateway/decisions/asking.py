"""What of a request decides which kept answer may serve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from infra_ref.gateway.decisions.redirects import origin
from infra_ref.gateway.port import SAFE, Authentication, Method, OnBehalfOf, Request, Response

CONDITIONAL = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range"}
)
"""Request headers by which the caller does a cache's work itself."""

ANEW = frozenset({"cache-control", "pragma"})
"""Request headers that ask for less, or for fresher, than a cache would give."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a cache sees it.

    `key` tells requests apart whatever their answers say. `headers` are those
    that go out, for Vary to name, in lower case; without those of an
    authentication, as `who` asks is part of the key.
    """

    url: str = field(repr=False)
    method: Method
    key: tuple[object, ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    known: bool
    """Whether it says who asks, by an authentication, an Authorization header or its URL."""

    @property
    def anew(self) -> bool:
        """Whether it asks for less, or for fresher, than a cache would give."""
        return not ANEW.isdisjoint(self.headers)


def asked(request: Request) -> Asked | None:
    """Return what it asks for; None if it is to be sent as it is, and its answer not kept."""
    if request.method not in SAFE or request.data is not None:
        return None
    options = request.options
    headers = {"accept": options.accept, "accept-encoding": "gzip"}
    if options.headers:
        headers |= {name.lower(): value for name, value in options.headers.items()}
        if not CONDITIONAL.isdisjoint(headers) or "no-store" in headers.get("cache-control", "").lower():
            return None
    if options.idempotency_key is not None:
        headers["idempotency-key"] = options.idempotency_key
    url, user = target(request.url)
    brought, written = _brought(options.authentication), headers.get("authorization")
    who = (brought, user, written, headers.get("cookie"))
    key = (url, request.method, options.accept, headers["accept"], who)
    return Asked(url, request.method, key, headers, bool(brought or user or written))


def _brought(authentication: Authentication | None) -> tuple[object, ...]:
    match authentication:
        case None:
            return ()
        case OnBehalfOf(subject):
            return (subject,)
        case other:
            return tuple(sorted(other.headers().items()))


@lru_cache(maxsize=1024)
def target(url: str) -> tuple[str, str]:
    """Return the URL in one spelling, without what is not sent to its path, and the user in it.

    >>> target("HTTP://ann:secret@Peer.test:80?page=2#top")
    ('http://peer.test:80/?page=2', 'ann:secret')
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = origin(url)
    except ValueError:  # the client that it is sent with says so
        return url, ""
    user = parts.netloc.rpartition("@")[0]
    where = f"{host}:{port}" if parts.netloc else ""
    return parts._replace(scheme=scheme, netloc=where, path=parts.path or "/", fragment="").geturl(), user


def changed(request: Request, answer: Response | None) -> set[str]:
    """Return the targets that a method which is not safe has changed, once it succeeded.

    Besides its own URL these are the ones that the answer names, if they are of
    the same origin (RFC 9111, section 4.4).
    """
    own, _ = target(request.url)
    urls = {own}
    for name in ("location", "content-location"):
        named = answer.headers.get(name) if answer else None
        if named is not None:
            try:
                url = urljoin(request.url, named)
                same = origin(url) == origin(request.url)
            except ValueError:
                continue
            if same:
                urls.add(target(url)[0])
    return urls
