"""A client made per call: a connection and a handshake each time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

UNIT = "connections were opened for 10 calls"

Call = Callable[["Rates"], Awaitable[int]]


class Rates:
    """Where the shop asks for rates, at `url`; `client` is the one that the application made."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url, self.client = url, client

    async def asked_badly(self) -> int:
        """Ask, with a client made for it."""
        async with httpx.AsyncClient() as client:
            return (await client.get(self.url)).status_code

    async def asked(self) -> int:
        """Ask."""
        return (await self.client.get(self.url)).status_code


bad, repaired = Rates.asked_badly, Rates.asked


async def measure(call: Call) -> int:
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
    rates = Rates(url, httpx.AsyncClient())
    for _ in range(10):
        await call(rates)
    await rates.client.aclose()
    await asyncio.gather(*(one.wait_closed() for one in opened))
    server.close()
    return len(opened)
