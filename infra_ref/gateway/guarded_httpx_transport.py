"""A transport of httpx that connects only to addresses that a guard allows."""

from __future__ import annotations

from typing import cast

import httpx

from infra_ref.failures import Refused
from infra_ref.gateway.address_guard_port import AddressGuard, AddressRefused
from infra_ref.gateway.errors import Unreachable
from infra_ref.gateway.port import Method, Request
from infra_ref.result import Err


class GuardedHttpxTransport(httpx.AsyncBaseTransport):
    """Looks up and judges each address before each connection, redirects included.

    The connection is made to that very address, for a second look-up may give
    another, and used once. `inner` must use HTTP/1.1 and no proxy; it brings TLS
    and the pool:

        inner = httpx.AsyncHTTPTransport(trust_env=False)
        httpx.AsyncClient(transport=GuardedHttpxTransport(inner, PublicAddresses()))

    Raises Refused with AddressRefused or Unreachable, which `HttpxHttpClient` returns.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, guard: AddressGuard) -> None:
        self._inner, self._guard = inner, guard

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to an address that was judged."""
        url, method = request.url, cast("Method", request.method)
        try:
            found = await self._guard.address(url.host, url.port or (443 if url.scheme == "https" else 80))
        except OSError as error:
            raise Refused(Unreachable.of(Request(method, str(url)), cause=error)) from error
        if isinstance(found, Err):
            raise Refused(AddressRefused.of(Request(method, str(url)), why=found.error))
        pinned = type(request)(
            method,
            url.copy_with(host=found.value),
            headers={**request.headers, "connection": "close"},
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )
        return await self._inner.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
