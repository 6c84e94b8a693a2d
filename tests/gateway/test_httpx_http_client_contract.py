"""`HttpxHttpClient` keeps every rule of a client, on sockets of this machine, with httpx and httpx2."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

import httpx
import httpx2

from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.testing.loopback_server import LoopbackServer


class OnSockets(HttpClientContract):
    @cached_property
    def peer(self) -> LoopbackServer:
        return LoopbackServer()


class TestHttpx(OnSockets):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[HttpxHttpClient]:
        async with httpx.AsyncClient(trust_env=False) as client:
            yield HttpxHttpClient(client)


class TestHttpx2(OnSockets):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[HttpxHttpClient]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            yield HttpxHttpClient(client)  # type: ignore[arg-type]  # the same interface under another name
