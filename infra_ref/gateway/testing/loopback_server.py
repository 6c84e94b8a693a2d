"""A scripted server on real sockets of this machine, which misbehaves as no web framework lets one.

Sockets of the standard library and just enough HTTP/1.1 to be answered by, so
that a contract can be tried anywhere that a socket can be had.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from typing import Self

from infra_ref.gateway.exchange.scripted_server import Answer, ReceivedRequest, ScriptedServer

LOOPBACK = "127.0.0.1"


class LoopbackServer(ScriptedServer):
    """`async with LoopbackServer() as server:` listens on two ports until the block ends.

    With `tls` it does so over TLS, and its URLs have the name `localhost`.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__("", "", "")
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._talks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        for _ in range(2):
            server = await asyncio.start_server(self._talk, LOOPBACK, 0, limit=1 << 20, ssl=self._tls)
            self._servers.append(server)
        self.url, self.other_url = (self._url(server.sockets[0]) for server in self._servers)
        with socket.socket() as unused:
            unused.bind((LOOPBACK, 0))  # bound but not listening, then closed
            self.nowhere = self._url(unused)
        return self

    async def __aexit__(self, *exc: object) -> None:
        for server in self._servers:
            server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the caller went away, or the server is being closed
        finally:
            self._talks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection may be used again."""
        start = await reader.readexactly(1)
        if not start.isalpha():  # TLS, where there is none
            writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
            return False
        head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        url = self._url(writer.get_extra_info("socket"))
        answer = self.next(ReceivedRequest(method, url, path, headers, body))
        self.busy += 1
        answering = asyncio.create_task(_answer(answer, method, writer))
        leaving = asyncio.create_task(reader.read(1))  # clients do not pipeline, so the connection's end
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return answering.done() and answering.result()
        finally:
            self.busy -= 1
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)

    def _url(self, connection: socket.socket) -> str:
        host, port = connection.getsockname()[:2]
        return f"http://{host}:{port}" if self._tls is None else f"https://localhost:{port}"


async def _answer(answer: Answer, method: str, writer: asyncio.StreamWriter) -> bool:
    await asyncio.sleep(answer.delay)
    if answer.fault == "hang":
        await asyncio.Event().wait()
    if answer.fault == "cut":
        return False
    if answer.fault == "reset":
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    if answer.fault == "garbage":
        writer.write(b"\x15\x03\x01 this is no HTTP\r\n\r\n")
        return False
    lines = [f"HTTP/1.1 {answer.status:03} Scripted", f"content-length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    if answer.fault == "half":
        writer.write(answer.body[: len(answer.body) // 2])
        await writer.drain()
        return False
    body = b"" if method == "HEAD" else answer.body
    pieces = (body[i : i + 1] for i in range(len(body))) if answer.fault == "drip" else (body,)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        if answer.fault == "drip":
            await asyncio.sleep(answer.delay)
    return True
