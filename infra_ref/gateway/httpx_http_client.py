"""The real client, on httpx or on httpx2: the same code serves a client of either."""

from __future__ import annotations

import ssl
import sys
from typing import Any

import httpx

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.gateway.decisions.answers import SHOWN, interpret
from infra_ref.gateway.decisions.redirects import MOST, TRAVELS, origin, redirected
from infra_ref.gateway.decisions.requests import outgoing
from infra_ref.gateway.decisions.tls_causes import refused_by_tls
from infra_ref.gateway.decisions.unpacking import Damaged, TooLarge, unpacked
from infra_ref.gateway.port import (
    AddressGuard,
    AddressRefused,
    BodyTooLarge,
    Disconnected,
    HttpClient,
    HttpError,
    MalformedBody,
    Request,
    Response,
    TimedOut,
    TlsFailed,
    Unreachable,
    safe_url,
)
from infra_ref.result import Err, Result


class HttpxHttpClient(HttpClient):
    """An `HttpClient` on `httpx.AsyncClient`, or on that of httpx2.

    `client` brings the base URL, default headers, TLS and the pool; whoever
    made it closes it. Its own timeouts and redirects are not used: httpx times
    each read by itself, so a body that drips would never time out, and it sends
    unknown headers along to another host.

    With a `guard`, each address is looked up and judged before each connection,
    redirects included, and the connection is made to that very address and used
    once. The client must then use HTTP/1.1 and no proxy.
    """

    def __init__(
        self, client: httpx.AsyncClient, *, guard: AddressGuard | None = None, clock: Clock | None = None
    ) -> None:
        self._client, self._guard, self._clock = client, guard, clock or SystemClock()
        own = next(kind for kind in type(client).__mro__ if kind.__name__ == "AsyncClient")
        self._errors: Any = sys.modules[own.__module__.partition(".")[0]]

    async def send(self, request: Request) -> Result[Response, HttpError]:
        first = self._built(request)
        if not request.url.startswith(("http://", "https://")):
            request = Request(request.method, str(first.url), request.data, request.options)
        try:
            async with timeout(self._clock, request.options.timeout):
                return await self._follow(request, first)
        except TimeoutError as error:
            return Err(TimedOut.of(request, seconds=request.options.timeout, cause=error))
        except TooLarge:
            return Err(BodyTooLarge.of(request, limit=request.options.max_body))
        except Damaged as error:
            return Err(MalformedBody.of(request, why=str(error), cause=error))
        except (self._errors.LocalProtocolError, self._errors.UnsupportedProtocol) as error:
            raise ValueError(f"{request.method} {safe_url(request.url)} cannot be put as HTTP") from error
        except self._errors.TransportError as error:
            return Err(self._translated(request, error))
        except ssl.SSLError as error:  # a refusal that comes after the handshake: httpx lets it through
            return Err(TlsFailed.of(request, cause=error))

    def _built(self, request: Request) -> httpx.Request:
        headers, body = outgoing(request)
        try:
            built = self._client.build_request(request.method, request.url, content=body, timeout=None)
        except self._errors.InvalidURL as error:
            raise ValueError(f"{safe_url(request.url)} is not a URL") from error
        if built.url.raw_scheme not in (b"http", b"https") or not built.url.raw_host:
            raise ValueError(f"{safe_url(request.url)} is no http URL, and the client has no base_url")
        for name, value in headers.items():  # in half the time that build_request takes to merge them
            built.headers[name] = value
        return built

    async def _follow(self, request: Request, built: httpx.Request) -> Result[Response, HttpError]:
        auth: Any = self._client.auth
        for hop in range(MOST + 1):
            to_send = built if self._guard is None else await self._pinned(request, built, self._guard)
            if isinstance(to_send, Err):
                return to_send
            answer = await self._client.send(to_send, stream=True, auth=auth, follow_redirects=False)
            try:
                headers = dict(answer.headers.items())
                onward = redirected(request, answer.status_code, headers.get("location"))
                if onward is None or hop == MOST:
                    body, now = await _read(answer, headers, request.options.max_body), self._clock.now()
                    return interpret(request, answer.status_code, headers, body, now, redirected=hop > 0)
            finally:
                await answer.aclose()
            foreign = origin(onward.url) != origin(request.url)
            auth = None if foreign else auth
            goes = {name: value for name, value in built.headers.items() if _goes(name, foreign)}
            request, built = (
                onward,
                type(built)(onward.method, onward.url, headers=goes, extensions=built.extensions),
            )
        raise AssertionError("the last hop returns")

    async def _pinned(
        self, request: Request, built: httpx.Request, guard: AddressGuard
    ) -> httpx.Request | Err[HttpError]:
        """Return the request bound to an address that was judged: a second look-up may give another."""
        url = built.url
        try:
            found = await guard.address(url.host, url.port or (443 if url.scheme == "https" else 80))
        except OSError as error:
            return Err(Unreachable.of(request, cause=error))
        if isinstance(found, Err):
            return Err(AddressRefused.of(request, why=found.error))
        return type(built)(
            built.method,
            url.copy_with(host=found.value),
            headers={**built.headers, "connection": "close"},
            content=built.content,
            extensions={**built.extensions, "sni_hostname": url.host},
        )

    def _translated(self, request: Request, error: httpx.TransportError) -> HttpError:
        kinds = self._errors
        if isinstance(error, kinds.TimeoutException):
            return TimedOut.of(request, seconds=request.options.timeout, cause=error)
        if isinstance(error, kinds.ConnectError | kinds.ProxyError):
            kind = TlsFailed if refused_by_tls(error) else Unreachable
            return kind.of(request, cause=error)
        return Disconnected.of(request, cause=error)


async def _read(answer: httpx.Response, headers: dict[str, str], limit: int) -> bytes:
    """Return the body, of a refusal as much of it as is kept."""
    refused = answer.status_code >= 300
    most = SHOWN if refused else limit
    if not answer.is_stream_consumed:
        return await unpacked(answer.aiter_raw(), headers.get("content-encoding", ""), most, cut=refused)
    if len(answer.content) > most and not refused:  # of a mock or a cache, which has decoded it too
        raise TooLarge
    return answer.content[:most]


def _goes(header: str, foreign: bool) -> bool:
    return header in TRAVELS if foreign else header != "host"
