"""What the contracts of the gateway's decorators share: an inner client with scripted answers and errors."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Coroutine, Iterable
from functools import cached_property
from typing import Any, NoReturn, TypeVar

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract
from infra_ref.gateway.port import HttpClient, HttpError, Request, Response
from infra_ref.result import Err, Ok, Result

T = TypeVar("T")


class Inner(HttpClient):
    """Gives scripted answers: a result, HANGS, or what a function of the request returns. The last stays."""

    def __init__(self, *answers: Any) -> None:
        self._answers = deque(answers or (ANSWER,))
        self.calls: list[Request] = []
        self.busy = 0

    async def send(self, request: Request) -> Result[Response, HttpError]:
        """Note the call and give the next answer."""
        self.calls.append(request)
        self.busy += 1
        try:
            answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
            if answer is HANGS:
                await asyncio.Event().wait()
            answer = answer(request) if callable(answer) else answer
            result: Result[Response, HttpError] = await answer if inspect.isawaitable(answer) else answer
            return result
        finally:
            self.busy -= 1


HANGS = object()
ANSWER: Ok[Response] = Ok(Response(200, {"content-type": "application/json"}, b"{}", {}))
PLEASE = Request("GET", "http://peer.test/a")


class PeerFailed(HttpError):
    """The peer is unhealthy, and another attempt may succeed."""

    retryable = peer_failed = True


class PeerRefused(HttpError):
    """The peer is well, and refuses this call whenever it is made."""

    peer_failed = False


class NotSent(HttpError):
    """Refused on this side for now, as by a full bulkhead: nothing shows about the peer."""

    retryable = True


def failed(kind: type[HttpError] = PeerFailed, **more: Any) -> Err[HttpError]:
    """Return an error of that kind, ready to be given by an `Inner`."""
    return Err(kind.of(PLEASE, **more))


class DecoratorContract(Contract):
    """The base of decorators' contracts: the adapter is a constructor, time is a `FakeClock`."""

    port = HttpClient

    @cached_property
    def clock(self) -> FakeClock:
        """The clock that the decorator is given."""
        return FakeClock()


def at_once(client: HttpClient, number: int) -> list[asyncio.Task[Result[Response, HttpError]]]:
    """Begin that many calls at the same time."""
    return [asyncio.create_task(client.send(PLEASE)) for _ in range(number)]


def cancel(calls: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel all of them."""
    for call in calls:
        call.cancel()


def bug(request: Request) -> NoReturn:
    """Raise, as an answer of an `Inner`."""
    raise ZeroDivisionError("a bug")


async def passing(clock: FakeClock, work: Coroutine[Any, Any, T], seconds: float = 0.0) -> T:
    """Return what the work comes to once that much time has passed; it must be done by then."""
    task = asyncio.create_task(work)
    try:
        await clock.advance(seconds)
        assert task.done(), f"no result after {seconds:g} s"
        return await task
    finally:
        task.cancel()
