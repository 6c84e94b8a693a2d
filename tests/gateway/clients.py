"""The clients on sockets, opened alike, so that a test of real servers is a test of each."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest

from infra_ref.gateway.address_guard_port import AddressGuard
from infra_ref.gateway.aiohttp_http_client import AiohttpHttpClient
from infra_ref.gateway.guarded_httpx_transport import GuardedHttpxTransport
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.port import HttpClient


def on(library: Any) -> Any:
    @asynccontextmanager
    async def opened(
        base_url: str = "",
        *,
        most: int = 100,
        tls: ssl.SSLContext | bool = True,
        guard: AddressGuard | None = None,
    ) -> AsyncIterator[HttpClient]:
        limits = library.Limits(max_connections=most, max_keepalive_connections=most)
        transport = library.AsyncHTTPTransport(limits=limits, verify=tls, trust_env=False)
        if guard is not None:
            transport = GuardedHttpxTransport(transport, guard)
        async with library.AsyncClient(base_url=base_url, transport=transport) as client:
            yield HttpxHttpClient(client, connections=most)

    return opened


@asynccontextmanager
async def on_aiohttp(
    base_url: str = "",
    *,
    most: int = 100,
    tls: ssl.SSLContext | bool = True,
    guard: AddressGuard | None = None,
) -> AsyncIterator[HttpClient]:
    connector = aiohttp.TCPConnector(limit=most, ssl=tls)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield AiohttpHttpClient(session, base_url=base_url, guard=guard)


each_client = pytest.mark.parametrize(
    "opened", [on(httpx), on(httpx2), on_aiohttp], ids=["httpx", "httpx2", "aiohttp"]
)
