"""`AiohttpHttpClient` keeps every rule of a client, on sockets of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

import aiohttp

from infra_ref.gateway.aiohttp_http_client import AiohttpHttpClient
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.testing.loopback_server import LoopbackServer


class OnSockets(HttpClientContract):
    @cached_property
    def peer(self) -> LoopbackServer:
        return LoopbackServer()


class TestAiohttp(OnSockets):
    @asynccontextmanager
    async def make(self) -> AsyncIterator[AiohttpHttpClient]:
        async with aiohttp.ClientSession() as session:
            yield AiohttpHttpClient(session)
