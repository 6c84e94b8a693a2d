"""A client made per call: a connection and a handshake each time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.port import HttpClient, HttpResult, Request

UNIT = "connections were opened for 10 calls"

MakeClient = Callable[[httpx.AsyncClient], HttpClient]


class ClientPerCall(HttpClient):
    """Asks, with a client made for it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        pass

    async def send(self, request: Request) -> HttpResult:
        """Send it."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return await HttpxHttpClient(client).send(request)


def repaired(client: httpx.AsyncClient) -> HttpClient:
    """Ask with the client that the application made, whose pool keeps connections open."""
    return HttpxHttpClient(client)


bad = ClientPerCall


async def measure(make: MakeClient) -> int:
    """Return how many connections ten calls open to a server on this machine."""
    opened: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        while await reader.readline():
            while (await reader.readline()).strip():
                pass  # the headers
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(10):
            (await make(client).get(url)).unwrap()
    await asyncio.gather(*(one.wait_closed() for one in opened))
    server.close()
    return len(opened)
