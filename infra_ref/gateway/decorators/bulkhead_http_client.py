"""A decorator that keeps one slow peer from taking everything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.gateway.port import HttpClient, HttpError, HttpResult, Request
from infra_ref.result import Err


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkheadFull(HttpError):
    """Not sent: too many calls to this peer are under way or waiting."""

    retryable = True
    message = "was not sent: too many calls are under way"


class BulkheadHttpClient(HttpClient):
    """Lets `concurrent` calls be under way at once and `waiting` more wait for up to `patience` seconds.

    Any further one fails at once with `BulkheadFull`. First come, first served.
    """

    def __init__(
        self,
        inner: HttpClient,
        *,
        concurrent: int = 50,
        waiting: int = 100,
        patience: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        if type(concurrent) is not int or concurrent < 1 or not (waiting >= 0 and patience >= 0):
            raise ValueError("concurrent is 1 or more, waiting and patience are not below 0")
        self._inner, self._clock, self._patience = inner, clock or SystemClock(), patience
        self._concurrent, self._waiting = concurrent, waiting
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: Request) -> HttpResult:
        if not await self._enter():
            return Err(BulkheadFull.of(request))
        try:
            return await self._inner.send(request)
        finally:
            self._places.release()

    async def _enter(self) -> bool:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # the calls of a loop that has ended are over
            self._loop, self._places, self._queued = loop, asyncio.Semaphore(self._concurrent), 0
        if not self._places.locked():
            return await self._places.acquire()  # at once: no call is in front
        if self._queued >= self._waiting:
            return False
        self._queued += 1
        try:
            async with timeout(self._clock, self._patience):
                return await self._places.acquire()
        except TimeoutError:
            return False
        finally:
            self._queued -= 1
