"""A small web service that misbehaves on demand; as a program it prints its port and serves."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys
from typing import Any

import uvicorn


class Service:
    """`/slow/SECONDS`, `/status/CODE`, `/lie`, `/half`, `/limited`, `/flaky`; any other path echoes."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self.limited = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while (message := await receive()).get("more_body"):
            body += message.get("body", b"")
        body += message.get("body", b"")
        kind, _, detail = scope["path"].strip("/").partition("/")
        answer = getattr(self, f"_{kind}", self._echo)
        await answer(send, detail, {"path": scope["path"], "sent": body.decode(errors="replace")})

    async def _echo(self, send: Any, detail: str, data: Any, status: int = 200, **headers: str) -> None:
        await self._send(send, status, json.dumps(data).encode(), headers)

    async def _send(self, send: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
        pairs = {"content-type": "application/json", **headers}
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in pairs.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    async def _slow(self, send: Any, detail: str, data: Any) -> None:
        await asyncio.sleep(float(detail))
        await self._echo(send, detail, data)

    async def _status(self, send: Any, detail: str, data: Any) -> None:
        await self._echo(send, detail, data, int(detail))

    async def _lie(self, send: Any, detail: str, data: Any) -> None:
        await self._send(send, 200, b"<h1>not JSON</h1>", {})

    async def _half(self, send: Any, detail: str, data: Any) -> None:
        raw = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await send({"type": "http.response.body", "body": b'{"a": ', "more_body": True})
        raise ConnectionAbortedError("half a body is all there is")

    async def _limited(self, send: Any, detail: str, data: Any) -> None:
        self.limited += 1
        if self.limited % 3:
            await self._echo(send, detail, data, 429, retry_after="0")
        else:
            await self._echo(send, detail, data)

    async def _flaky(self, send: Any, detail: str, data: Any) -> None:
        """Fail one call in five, in one of four ways."""
        fault = self._random.random()
        if fault < 0.05:
            await self._status(send, "503", data)
        elif fault < 0.10:
            await self._half(send, detail, data)
        elif fault < 0.11:
            await self._slow(send, "3", data)
        elif fault < 0.20:
            await self._lie(send, detail, data)
        else:
            await self._echo(send, detail, data)


def server_on() -> uvicorn.Server:
    config = uvicorn.Config(Service(), log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    return uvicorn.Server(config)


def listen(port: int = 0) -> socket.socket:
    # Named as TCP, or asyncio does not set TCP_NODELAY, and each answer in two writes takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(1024)
    return listening


if __name__ == "__main__":
    ours = listen(*map(int, sys.argv[1:]))
    print(ours.getsockname()[1], flush=True)
    asyncio.run(server_on().serve(sockets=[ours]))
