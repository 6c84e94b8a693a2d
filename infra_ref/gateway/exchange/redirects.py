"""Whether to follow a redirect, and what may go along."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from infra_ref.gateway.port import SAFE, Request

FOLLOWED = frozenset({301, 302, 303, 307, 308})
MOST = 5
"""Redirects that one call follows. Fetch allows 20; what needs more than a few is a loop."""

TRAVELS = frozenset({"accept", "accept-encoding", "accept-language", "user-agent"})
"""Request headers that may go to another origin. A list of what may not would miss the next secret."""


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port (RFC 6454). Raises ValueError if it is no URL."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def redirected(request: Request, status: int, location: str | None) -> Request | None:
    """Return the request to make instead; None where a redirect must not be followed.

    Only safe methods are: what another host does with a POST was not agreed on.
    On another origin nothing goes along but the headers of `TRAVELS`.
    """
    if status not in FOLLOWED or request.method not in SAFE or not location:
        return None
    try:
        parts = urlsplit(location)
        url = urljoin(request.url, location)
        scheme, host, _ = origin(url)
        host.encode("idna")  # raises a ValueError for what can be no host's name
        foreign = origin(url) != origin(request.url)
    except ValueError:
        return None
    is_host = host and all(sign.isalnum() or sign in "-.:_" for sign in host)
    is_half = parts.scheme and not parts.netloc  # `http:x`, which urljoin takes for a path
    if scheme not in ("http", "https") or not is_host or is_half or parts.username is not None:
        return None
    if not foreign:
        return replace(request, url=url)
    headers = {name: value for name, value in request.options.headers.items() if name.lower() in TRAVELS}
    options = replace(request.options, headers=headers, authentication=None, idempotency_key=None)
    return replace(request, url=url, options=options)
