"""A decorator that keeps answers and gives them again, by HTTP's own rules (RFC 9111)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.decisions.answers import interpret
from infra_ref.gateway.decisions.asking import Asked, asked, changed
from infra_ref.gateway.decisions.kept_answers import Kept, KeptAnswers
from infra_ref.gateway.hishel_rules import Arrival, HishelRules
from infra_ref.gateway.port import (
    SAFE,
    BodyTooLarge,
    HttpClient,
    HttpError,
    NotModified,
    Redirected,
    Request,
    Response,
)
from infra_ref.result import Err, Ok, Result

SHORTEST = 0.001
"""Seconds that a second call gets where the first has used up the deadline: it then says so."""


@dataclass(slots=True)
class _Landed:
    result: Result[Response, HttpError]
    kept: Kept | None


@dataclass(slots=True, eq=False)
class _Flight:
    """A call under way. `void`: what it asks for was changed meanwhile, so its answer is not kept."""

    url: str = field(repr=False)
    task: asyncio.Task[_Landed] | None = None
    waiting: int = 0
    void: bool = False


class CachingHttpClient(HttpClient):
    """Gives an answer again while it is fresh, and asks whether an older one still holds.

    The peer says what may be kept, for how long and for whom: in Cache-Control,
    Expires and Vary. Without a word from it nothing is given twice, and nothing
    stale is ever given unasked. Requests are told apart by authentication,
    Authorization, Cookie and a user in the URL: nobody gets the answer of
    another. By what else users differ must be in the peer's Vary.

    A POST, PUT, PATCH or DELETE that succeeds drops what is kept of its URL.
    Calls that ask for the same at once become one call, and share its error. A
    call with a conditional header, a body or `no-store` of its own passes by.
    """

    def __init__(
        self,
        inner: HttpClient,
        answers: KeptAnswers | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._inner, self._clock = inner, clock or SystemClock()
        self._answers = KeptAnswers() if answers is None else answers
        self._rules = HishelRules(shared=self._answers.shared)
        self._flights: dict[object, _Flight] = {}

    async def send(self, request: Request) -> Result[Response, HttpError]:
        if request.method not in SAFE:
            return await self._change(request)
        wanted = asked(request)
        if wanted is None:
            return await self._inner.send(request)
        now = self._clock.monotonic()
        kept = self._answers.find(wanted)
        if kept is not None and kept.holds(now) and not wanted.anew:
            return self._given(request, kept, now)
        return await self._ask(request, wanted, kept, now)

    def _given(self, request: Request, kept: Kept, now: float) -> Result[Response, HttpError]:
        return self._read(request, kept, {**kept.headers, "age": str(kept.age(now))})

    def _read(self, request: Request, kept: Kept, headers: dict[str, str]) -> Result[Response, HttpError]:
        """Decode the body anew for each caller, who may change what it gets."""
        if len(kept.body) > request.options.max_body:
            return Err(BodyTooLarge.of(request, limit=request.options.max_body))
        return interpret(request, kept.status, headers, kept.body, self._clock.now())

    async def _ask(
        self, request: Request, wanted: Asked, kept: Kept | None, began: float
    ) -> Result[Response, HttpError]:
        """Ask the peer, together with whoever asks for the same in the same way."""
        if wanted.anew or self._answers.is_barren(wanted):
            return await self._ask_alone(request, wanted, kept)
        alike = _alike(request, wanted)
        flight = self._flights.get(alike)
        first = flight is None
        if flight is None:
            flight = self._flights[alike] = _Flight(wanted.url)
            flight.task = asyncio.create_task(self._exchange(request, wanted, kept, flight))
            flight.task.add_done_callback(lambda _: self._leave(alike, flight))
        landed = await self._landing(alike, flight)
        if first or isinstance(landed.result, Err):
            return landed.result
        now = self._clock.monotonic()
        if landed.kept is not None and landed.kept.holds(now):
            return self._given(request, landed.kept, now)
        # What may serve nobody else, each asks for by itself (RFC 9111, section 4).
        return await self._ask_alone(_in_the_rest(request, now - began), wanted, landed.kept)

    async def _ask_alone(
        self, request: Request, wanted: Asked, kept: Kept | None
    ) -> Result[Response, HttpError]:
        flight, alone = _Flight(wanted.url), object()
        self._flights[alone] = flight
        try:
            return (await self._exchange(request, wanted, kept, flight)).result
        finally:
            self._leave(alone, flight)

    async def _landing(self, alike: object, flight: _Flight) -> _Landed:
        """Wait for it. It ends early only when nobody waits any longer."""
        assert flight.task is not None
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                self._leave(alike, flight)

    def _leave(self, alike: object, flight: _Flight) -> None:
        if self._flights.get(alike) is flight:
            del self._flights[alike]

    async def _exchange(self, request: Request, wanted: Asked, kept: Kept | None, flight: _Flight) -> _Landed:
        began = self._clock.monotonic()
        checks = {} if kept is None else self._rules.validators(wanted, kept, began)
        if kept is not None and checks is None:
            return _Landed(self._given(request, kept, began), kept)
        result = await self._inner.send(_with(request, checks) if checks else request)
        arrival = self._arrival(began)
        if kept is not None and isinstance(result, Err) and isinstance(result.error, NotModified):
            headers = self._rules.renewed(wanted, kept, result.error, arrival)
            if headers is not None:
                result = self._read(request, kept, headers)
            else:
                result = await self._inner.send(_in_the_rest(request, arrival.delay))
                arrival = self._arrival(arrival.monotonic)
        if isinstance(result, Err):
            return _Landed(result, None)
        fresh = self._rules.kept(wanted, result.value, arrival)
        if flight.void:
            return _Landed(result, None)
        self._answers.put(wanted, fresh)
        return _Landed(result, fresh)

    def _arrival(self, began: float) -> Arrival:
        now = self._clock.monotonic()
        return Arrival(self._clock.now(), now, now - began)

    async def _change(self, request: Request) -> Result[Response, HttpError]:
        result = await self._inner.send(request)
        if isinstance(result, Ok):
            urls = changed(request, result.value)
        elif isinstance(result.error, Redirected):
            urls = changed(request, None)
        else:
            return result
        for url in urls:
            self._answers.forget(url)
        for alike, flight in tuple(self._flights.items()):
            if flight.url in urls:
                flight.void = True
                self._leave(alike, flight)
        return result


def _alike(request: Request, wanted: Asked) -> object:
    """Return what calls have in common that may share one, down to how long they would wait."""
    options = request.options
    headers = tuple(sorted(wanted.headers.items()))
    return wanted.key, headers, options.timeout, options.deadline, options.attempts, options.max_body


def _with(request: Request, headers: dict[str, str]) -> Request:
    options = request.options
    return replace(request, options=replace(options, headers={**options.headers, **headers}))


def _in_the_rest(request: Request, spent: float) -> Request:
    """Return it with what is left of its deadline."""
    options = request.options
    if options.deadline is None:
        return request
    return replace(request, options=replace(options, deadline=max(options.deadline - spent, SHORTEST)))
