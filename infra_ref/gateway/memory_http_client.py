"""The fake that works: calls a `PeerScript` in memory, faults included, on any clock."""

from __future__ import annotations

import asyncio
from typing import Self
from urllib.parse import urlsplit

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.gateway.decisions.answers import interpret
from infra_ref.gateway.decisions.peer_script import Answer, PeerScript, Seen
from infra_ref.gateway.decisions.redirects import MOST, origin, redirected
from infra_ref.gateway.decisions.requests import outgoing
from infra_ref.gateway.decisions.unpacking import Damaged, TooLarge, Unpacker
from infra_ref.gateway.port import (
    BodyTooLarge,
    Disconnected,
    HttpClient,
    HttpError,
    MalformedBody,
    Request,
    Response,
    TimedOut,
    Unreachable,
)
from infra_ref.result import Err, Result


class MemoryPeer(PeerScript):
    """A scripted peer that is called without a socket."""

    def __init__(self) -> None:
        super().__init__("http://peer.test", "http://other.test", "http://nobody.test")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None


class MemoryHttpClient(HttpClient):
    """An `HttpClient` whose whole world is one `MemoryPeer`. A relative URL is one of its paths."""

    def __init__(self, peer: PeerScript, *, clock: Clock | None = None) -> None:
        self._peer, self._clock = peer, clock or SystemClock()

    async def send(self, request: Request) -> Result[Response, HttpError]:
        if request.url.startswith("/"):
            request = Request(request.method, self._peer.url + request.url, request.data, request.options)
        try:
            async with timeout(self._clock, request.options.timeout):
                return await self._follow(request)
        except TimeoutError:
            return Err(TimedOut.of(request, seconds=request.options.timeout))

    async def _follow(self, request: Request) -> Result[Response, HttpError]:
        for hop in range(MOST + 1):
            answered = await self._exchange(request)
            if isinstance(answered, Err):
                return answered
            status, headers, body = answered
            onward = redirected(request, status, headers.get("location"))
            if onward is None or hop == MOST:
                now = self._clock.now()
                return interpret(request, status, headers, body, now, redirected=hop > 0)
            request = onward
        raise AssertionError("the last hop returns")

    async def _exchange(self, request: Request) -> tuple[int, dict[str, str], bytes] | Err[HttpError]:
        headers, sent = outgoing(request)
        parts = urlsplit(request.url)
        if origin(request.url) not in (origin(self._peer.url), origin(self._peer.other_url)):
            return Err(Unreachable.of(request))
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        answer = self._peer.next(Seen(request.method, where, path, headers, sent or b""))
        self._peer.busy += 1
        try:
            await self._pass(answer)
        finally:
            self._peer.busy -= 1
        if answer.fault is not None:
            return Err(Disconnected.of(request))
        return self._unpacked(request, answer)

    async def _pass(self, answer: Answer) -> None:
        await self._clock.sleep(answer.delay)
        if answer.fault == "hang":
            await asyncio.Event().wait()
        if answer.fault == "drip":
            await self._clock.sleep(answer.delay * len(answer.body))

    @staticmethod
    def _unpacked(request: Request, answer: Answer) -> tuple[int, dict[str, str], bytes] | Err[HttpError]:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status >= 300:
            return answer.status, headers, answer.body
        try:
            unpacker = Unpacker(request.options.max_body)
            unpacker.expect(headers.get("content-encoding", ""))
            unpacker.feed(answer.body)
            return answer.status, headers, unpacker.body()
        except TooLarge:
            return Err(BodyTooLarge.of(request, limit=request.options.max_body))
        except Damaged as error:
            return Err(MalformedBody.of(request, why=str(error)))
