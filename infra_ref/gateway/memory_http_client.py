"""The fake that works: calls a `ScriptedServer` in memory, faults included, on any clock."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Self
from urllib.parse import urlsplit

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.gateway.errors import Disconnected, TimedOut, Unreachable
from infra_ref.gateway.exchange.answers import interpret
from infra_ref.gateway.exchange.outgoing import outgoing
from infra_ref.gateway.exchange.redirects import MOST, origin, redirected
from infra_ref.gateway.exchange.scripted_server import Answer, ReceivedRequest, ScriptedServer
from infra_ref.gateway.exchange.unpacking import whole
from infra_ref.gateway.port import HttpClient, HttpError, HttpResult, Request
from infra_ref.result import Err


class MemoryServer(ScriptedServer):
    """A scripted server that is called without a socket."""

    def __init__(self) -> None:
        super().__init__("http://peer.test", "http://other.test", "http://nowhere.test")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None


class MemoryHttpClient(HttpClient):
    """An `HttpClient` whose whole world is one `ScriptedServer`. A relative URL is one of its paths."""

    def __init__(self, server: ScriptedServer, *, clock: Clock | None = None) -> None:
        self._server, self._clock = server, clock or SystemClock()

    async def send(self, request: Request) -> HttpResult:
        if request.url.startswith("/"):
            request = replace(request, url=self._server.url + request.url)
        try:
            async with timeout(self._clock, request.options.timeout):
                return await self._follow(request)
        except TimeoutError:
            return Err(TimedOut.of(request, seconds=request.options.timeout))

    async def _follow(self, request: Request) -> HttpResult:
        for hop in range(MOST + 1):
            answer = await self._exchange(request)
            if isinstance(answer, Err):
                return answer
            status, headers, body = answer
            onward = redirected(request, status, headers.get("location"))
            if onward is None or hop == MOST:
                now = self._clock.now()
                return await interpret(request, status, headers, whole(body), now, redirected=hop > 0)
            request = onward
        raise AssertionError("the last hop returns")

    async def _exchange(self, request: Request) -> tuple[int, dict[str, str], bytes] | Err[HttpError]:
        headers, sent = outgoing(request)
        parts = urlsplit(request.url)
        if origin(request.url) not in (origin(self._server.url), origin(self._server.other_url)):
            return Err(Unreachable.of(request))
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        answer = self._server.next(ReceivedRequest(request.method, where, path, headers, sent or b""))
        self._server.busy += 1
        try:
            await self._pass_time(answer)
        finally:
            self._server.busy -= 1
        if answer.fault not in (None, "drip"):
            return Err(Disconnected.of(request))
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body

    async def _pass_time(self, answer: Answer) -> None:
        await self._clock.sleep(answer.delay)
        if answer.fault == "hang":
            await asyncio.Event().wait()
        if answer.fault == "drip":
            await self._clock.sleep(answer.delay * len(answer.body))
