"""The real client, on httpx or on httpx2: the same code serves a client of either."""

from __future__ import annotations

import asyncio
import ssl
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import httpx

from infra_ref.failures import Refused
from infra_ref.gateway.errors import Disconnected, TimedOut, TlsFailed, Unreachable
from infra_ref.gateway.exchange.answers import interpret
from infra_ref.gateway.exchange.httpcore_calls import HttpcoreCall, HttpcoreCalls
from infra_ref.gateway.exchange.outgoing import outgoing
from infra_ref.gateway.exchange.redirects import MOST, TRAVELS, origin, redirected
from infra_ref.gateway.exchange.tls_causes import refused_by_tls
from infra_ref.gateway.exchange.unpacking import whole
from infra_ref.gateway.port import HttpClient, HttpError, HttpResult, Request, safe_url
from infra_ref.result import Err


class HttpxHttpClient(HttpClient):
    """An `HttpClient` on `httpx.AsyncClient`, or on that of httpx2.

    `client` brings the base URL, default headers, TLS and the pool; whoever
    made it closes it. Its own timeouts and redirects are not used: httpx times
    each read by itself, so a body that drips would never time out, and it sends
    unknown headers along to another host. It gets a response hook, which
    for calls made here keeps it from reading a `Location` that is not a URL.

    `connections` is how many the pool may have: more calls wait here (see `HttpcoreCalls`).
    """

    def __init__(self, client: httpx.AsyncClient, *, connections: int = 100) -> None:
        self._client, self._calls = client, HttpcoreCalls(connections)
        own = next(kind for kind in type(client).__mro__ if kind.__name__ == "AsyncClient")
        self._errors: Any = sys.modules[own.__module__.partition(".")[0]]
        hooks = client.event_hooks["response"]
        if _take_location not in hooks:
            hooks.append(_take_location)

    async def send(self, request: Request) -> HttpResult:
        call = _Call()
        first = self._built(request, call)
        if not request.url.startswith(("http://", "https://")):
            request = replace(request, url=str(first.url))
        try:
            async with asyncio.timeout(request.options.timeout):
                return await self._calls.run(call, partial(self._follow, request, first, call))
        except (TimeoutError, self._errors.TimeoutException) as error:
            return Err(TimedOut.of(request, seconds=request.options.timeout, cause=error))
        except (self._errors.LocalProtocolError, self._errors.UnsupportedProtocol) as error:
            raise ValueError(f"{request.method} {safe_url(request.url)} cannot be put as HTTP") from error
        except self._errors.TransportError as error:
            return Err(self._kind(error).of(request, cause=error))
        except ssl.SSLError as error:  # a refusal that comes after the handshake: httpx lets it through
            return Err(TlsFailed.of(request, cause=error))
        except Refused as refused:  # by a GuardedHttpxTransport
            return Err(cast("HttpError", refused.failure))

    def _built(self, request: Request, call: _Call) -> httpx.Request:
        headers, body = outgoing(request)
        more: Any = {"content": body, "timeout": None, "extensions": {"trace": call}}
        try:
            built = self._client.build_request(request.method, request.url, **more)
        except self._errors.InvalidURL as error:
            raise ValueError(f"{safe_url(request.url)} is not a URL") from error
        if built.url.raw_scheme not in (b"http", b"https") or not built.url.raw_host:
            raise ValueError(f"{safe_url(request.url)} is no http URL, and the client has no base_url")
        for name, value in headers.items():  # in half the time that build_request takes to merge them
            built.headers[name] = value
        return built

    async def _follow(self, request: Request, built: httpx.Request, call: _Call) -> HttpResult:
        auth: Any = self._client.auth
        for hop in range(MOST + 1):
            answer = await self._client.send(built, stream=True, auth=auth, follow_redirects=False)
            try:
                status, headers = answer.status_code, dict(answer.headers)
                if call.location is not None:
                    headers["location"] = call.location
                onward = redirected(request, status, call.location)
                then = None if onward is None else self._built_after(built, request, onward)
                if onward is None or then is None or hop == MOST:
                    pieces, now = answer.aiter_raw(), datetime.now(UTC)
                    if answer.is_stream_consumed:  # by a mock or a cache, which has decompressed it too
                        pieces = whole(answer.content)
                        headers.pop("content-encoding", None)
                    return await interpret(request, status, headers, pieces, now, redirected=hop > 0)
            finally:
                await answer.aclose()
            call.location = None
            call.may_end(True)
            auth = auth if origin(onward.url) == origin(request.url) else None
            request, built = onward, then
        raise AssertionError("the last hop returns")

    def _built_after(self, built: httpx.Request, request: Request, onward: Request) -> httpx.Request | None:
        foreign = origin(onward.url) != origin(request.url)
        kept = TRAVELS if foreign else built.headers.keys() - {"host"}
        goes = {name: value for name, value in built.headers.items() if name in kept}
        try:
            return type(built)(onward.method, onward.url, headers=goes, extensions=built.extensions)
        except self._errors.InvalidURL:
            return None

    def _kind(self, error: httpx.TransportError) -> type[HttpError]:
        if isinstance(error, self._errors.ConnectError | self._errors.ProxyError):
            return TlsFailed if refused_by_tls(error) else Unreachable
        return Disconnected


class _Call(HttpcoreCall):
    location: str | None = None


async def _take_location(answer: httpx.Response) -> None:
    """Keep httpx from building the next request by itself: of `javascript:x` it raises InvalidURL."""
    call = answer.request.extensions.get("trace")
    if isinstance(call, _Call) and "location" in answer.headers:
        call.location = answer.headers.pop("location")
