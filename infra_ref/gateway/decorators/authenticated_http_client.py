"""A decorator that brings a token along, and a new one when the old no longer serves."""

from __future__ import annotations

from dataclasses import replace

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.gateway.authentication_port import Bearer, LoginFailed, OnBehalfOf, TokenSource
from infra_ref.gateway.errors import Rejected, TimedOut
from infra_ref.gateway.port import HttpClient, HttpError, HttpResult, Request
from infra_ref.result import Err, Ok, Result
from infra_ref.single_flight import SingleFlight

SUBJECTS = 10_000
"""Tokens kept; the oldest goes first."""


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
        self._fetches: SingleFlight[str, Result[str, HttpError]] = SingleFlight()

    async def send(self, request: Request) -> HttpResult:
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
            if not _is_unauthorized(result):
                return result
            token = await self._renewed(subject, token.value, request)
        return Err(LoginFailed.of(request))

    async def _renewed(self, subject: str, refused: str, request: Request) -> Result[str, HttpError]:
        """Return a token other than the refused one: another call may have fetched it meanwhile."""
        kept = self._tokens.get(subject)
        if kept is not None and kept != refused:
            return Ok(kept)
        self._tokens.pop(subject, None)
        return await self._fetch(subject, request)

    async def _fetch(self, subject: str, request: Request) -> Result[str, HttpError]:
        seconds = request.options.timeout
        try:
            async with timeout(self._clock, seconds):
                return await self._fetches.run(subject, lambda: self._fetch_and_keep(subject))
        except TimeoutError:
            return Err(TimedOut.of(request, seconds=seconds))

    async def _fetch_and_keep(self, subject: str) -> Result[str, HttpError]:
        fetched = await self._source.fetch(subject)
        if isinstance(fetched, Ok):
            self._tokens[subject] = fetched.value
            if len(self._tokens) > SUBJECTS:
                del self._tokens[next(iter(self._tokens))]
        return fetched


def _with(request: Request, token: str) -> Request:
    return replace(request, options=replace(request.options, authentication=Bearer(token)))


def _is_unauthorized(result: HttpResult) -> bool:
    return isinstance(result, Err) and isinstance(result.error, Rejected) and result.error.status == 401
