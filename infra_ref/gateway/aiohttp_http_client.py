"""The real client on aiohttp: for many calls at once, where it takes a fraction of httpx's processor time."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientHttpProxyError,
    ClientMiddlewareType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ServerDisconnectedError,
    ServerFingerprintMismatch,
)
from yarl import URL

from infra_ref.gateway.address_guard_port import AddressGuard, AddressRefused
from infra_ref.gateway.errors import Disconnected, TimedOut, TlsFailed, Unreachable
from infra_ref.gateway.exchange.answers import interpret
from infra_ref.gateway.exchange.outgoing import outgoing
from infra_ref.gateway.exchange.redirects import MOST, TRAVELS, redirected
from infra_ref.gateway.exchange.tls_causes import refused_by_tls
from infra_ref.gateway.port import HttpClient, HttpError, HttpResult, Request, safe_url
from infra_ref.result import Err

NEVER = ClientTimeout()
"""None of aiohttp's own timeouts: the one of the call is for all of it."""


class AiohttpHttpClient(HttpClient):
    """An `HttpClient` on `aiohttp.ClientSession`.

    `session` brings default headers, cookies, TLS and the pool; whoever made it
    closes it. Its own timeouts, redirects and middlewares are not used. A URL
    that begins with a slash goes behind `base_url`.

    Left alone, aiohttp sends a GET, PUT or DELETE once more when the connection
    breaks, and so does httpx on the transport of httpx-aiohttp. Here each call
    is sent once: `RetryingHttpClient` is asked whether to repeat it. Take
    `HttpxHttpClient` for HTTP/2, or for a transport that calls an application
    or a mock in the same process.

    With a `guard`, each address is looked up and judged before each call,
    redirects included, and the connection is one to that very address. The
    session must then use no proxy, and none of its cookies go along.
    """

    def __init__(
        self, session: ClientSession, *, base_url: str = "", guard: AddressGuard | None = None
    ) -> None:
        self._session, self._base_url, self._guard = session, base_url.rstrip("/"), guard

    async def send(self, request: Request) -> HttpResult:
        if request.url.startswith("/"):
            request = replace(request, url=self._base_url + request.url)
        url = _parsed(request.url)
        if url is None:
            raise ValueError(f"{safe_url(request.url)} is no http URL, or there is no base_url")
        try:
            async with asyncio.timeout(request.options.timeout):
                return await self._follow(request, url)
        except TimeoutError as error:
            return Err(TimedOut.of(request, seconds=request.options.timeout, cause=error))
        except ClientError as error:
            return Err(_kind(error).of(request, cause=error))

    async def _follow(self, request: Request, url: URL) -> HttpResult:
        middlewares: tuple[ClientMiddlewareType, ...] = (_once,)
        for hop in range(MOST + 1):
            to = url if self._guard is None else await self._pinned(request, url, self._guard)
            if isinstance(to, Err):
                return to
            headers, body = outgoing(request)
            async with self._session.request(
                request.method,
                to,
                headers={"host": url.host_port_subcomponent or "", **headers},
                server_hostname=url.raw_host,
                data=None if body is None else io.BytesIO(body),  # of much in bytes, aiohttp warns
                auto_decompress=False,
                allow_redirects=False,
                timeout=NEVER,
                middlewares=middlewares,
            ) as answer:
                seen = _folded(answer.headers)
                onward = redirected(request, answer.status, seen.get("location"))
                then = None if onward is None else _parsed(onward.url)
                if onward is None or then is None or hop == MOST:
                    pieces, now = answer.content.iter_any(), datetime.now(UTC)
                    return await interpret(request, answer.status, seen, pieces, now, redirected=hop > 0)
            if then.origin() != url.origin():
                middlewares = (_once, _bare)
            request, url = onward, then
        raise AssertionError("the last hop returns")

    async def _pinned(self, request: Request, url: URL, guard: AddressGuard) -> URL | Err[HttpError]:
        """Return the URL of an address that was judged: a second look-up may give another."""
        try:
            found = await guard.address(url.raw_host or "", url.port or 0)
        except OSError as error:
            return Err(Unreachable.of(request, cause=error))
        if isinstance(found, Err):
            return Err(AddressRefused.of(request, why=found.error))
        return url.with_host(found.value)


def _parsed(url: str) -> URL | None:
    try:
        parsed = URL(url)
    except ValueError:
        return None
    return parsed if parsed.scheme in ("http", "https") and parsed.raw_host else None


async def _once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Raise what breaks a connection as an error after which aiohttp does not repeat the call by itself."""
    try:
        return await handler(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise ClientError("the connection broke") from error


async def _bare(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Take off what the session adds to every call, such as a key: it is not for another origin."""
    for name in {name.lower() for name in request.headers} - TRAVELS - {"host"}:
        del request.headers[name]
    return await handler(request)


def _folded(headers: Mapping[str, str]) -> dict[str, str]:
    """Return them with lower-case names, several of one name as one (RFC 9110, section 5.3)."""
    folded: dict[str, str] = {}
    for name, value in headers.items():
        name = name.lower()
        folded[name] = f"{folded[name]}, {value}" if name in folded else value
    return folded


def _kind(error: ClientError) -> type[HttpError]:
    if refused_by_tls(error) or isinstance(error, ServerFingerprintMismatch):
        return TlsFailed
    if isinstance(error, ClientConnectorError | ClientHttpProxyError):
        return Unreachable
    return Disconnected
