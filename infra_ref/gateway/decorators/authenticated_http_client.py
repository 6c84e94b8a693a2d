"""A decorator that brings a token along, and a new one when the old no longer serves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.gateway.port import (
    Bearer,
    HttpClient,
    HttpError,
    LoginFailed,
    OnBehalfOf,
    Rejected,
    Request,
    Response,
    TimedOut,
    TokenSource,
)
from infra_ref.result import Err, Ok, Result

SUBJECTS = 10_000
"""Tokens kept; the oldest goes first."""


@dataclass(slots=True)
class _Fetch:
    task: asyncio.Task[Result[str, HttpError]]
    waiting: int = 0


class AuthenticatedHttpClient(HttpClient):
    """Sends calls with the token of whoever they are `OnBehalfOf`, else with that of `subject`.

    A token serves until the peer answers 401; then one new token is fetched,
    however many calls wait for it, and each call is sent once more: 401 means
    that it was not carried out. A second 401 is `LoginFailed`. Calls that bring
    an authentication of their own pass unchanged.
    """

    def __init__(
        self, inner: HttpClient, tokens: TokenSource, *, subject: str = "", clock: Clock | None = None
    ) -> None:
        self._inner, self._source, self._subject = inner, tokens, subject
        self._clock = clock or SystemClock()
        self._tokens: dict[str, str] = {}
        self._fetches: dict[str, _Fetch] = {}

    async def send(self, request: Request) -> Result[Response, HttpError]:
        match request.options.authentication:
            case None:
                subject = self._subject
            case OnBehalfOf(subject):
                pass
            case _:
                return await self._inner.send(request)
        token = Ok(self._tokens[subject]) if subject in self._tokens else await self._fetch(subject, request)
        for _ in range(2):
            if isinstance(token, Err):
                return Err(LoginFailed.of(request, reason=token.error))
            result = await self._inner.send(_with(request, token.value))
            if not _is_refused(result):
                return result
            token = await self._renewed(subject, token.value, request)
        return Err(LoginFailed.of(request))

    async def _renewed(self, subject: str, refused: str, request: Request) -> Result[str, HttpError]:
        """Return a token other than the refused one: somebody may have fetched it meanwhile."""
        kept = self._tokens.get(subject)
        if kept is not None and kept != refused:
            return Ok(kept)
        self._tokens.pop(subject, None)
        return await self._fetch(subject, request)

    async def _fetch(self, subject: str, request: Request) -> Result[str, HttpError]:
        """Fetch once for all who wait. It ends early only when none of them waits any longer."""
        seconds = request.options.timeout
        fetch = self._fetches.get(subject)
        if fetch is None:
            fetch = self._fetches[subject] = _Fetch(asyncio.create_task(self._fetch_and_keep(subject)))
        fetch.waiting += 1
        try:
            async with timeout(self._clock, seconds):
                return await asyncio.shield(fetch.task)
        except TimeoutError:
            return Err(TimedOut.of(request, seconds=seconds))
        finally:
            fetch.waiting -= 1
            if not fetch.waiting and not fetch.task.done():
                fetch.task.cancel()
                self._fetches.pop(subject, None)

    async def _fetch_and_keep(self, subject: str) -> Result[str, HttpError]:
        try:
            fetched = await self._source.fetch(subject)
            if isinstance(fetched, Ok):
                self._tokens[subject] = fetched.value
                if len(self._tokens) > SUBJECTS:
                    del self._tokens[next(iter(self._tokens))]
            return fetched
        finally:
            fetch = self._fetches.get(subject)
            if fetch is not None and fetch.task is asyncio.current_task():
                del self._fetches[subject]


def _with(request: Request, token: str) -> Request:
    return replace(request, options=replace(request.options, authentication=Bearer(token)))


def _is_refused(result: Result[Response, HttpError]) -> bool:
    return isinstance(result, Err) and isinstance(result.error, Rejected) and result.error.status == 401
