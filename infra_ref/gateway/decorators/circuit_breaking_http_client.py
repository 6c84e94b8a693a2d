"""A decorator that stops calling a peer that keeps failing."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.policies.circuit_breaker import BreakerPolicy, CircuitBreaker, CircuitOpen, Outcome
from infra_ref.gateway.port import HttpClient, HttpResult, Request
from infra_ref.result import Err, Ok

DEFAULT = BreakerPolicy()
PEERS = 1024
"""Breakers kept. Of more, the one that was asked longest ago goes, a closed one first."""


class CircuitBreakingHttpClient(HttpClient):
    """Keeps a `CircuitBreaker` for each peer, by default for each host and port.

    While it is open, calls fail at once with `CircuitOpen`, and nothing is sent.
    A call that is cancelled shows nothing about the peer.
    """

    def __init__(
        self,
        inner: HttpClient,
        *,
        policy: BreakerPolicy = DEFAULT,
        peer: Callable[[Request], str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._inner, self._policy, self._peer = inner, policy, peer or _host
        self._clock = clock or SystemClock()
        self._breakers: dict[str, CircuitBreaker] = {}

    def breaker(self, peer: str) -> CircuitBreaker:
        """Return the breaker of that peer, to look at its `state`."""
        found = self._breakers.pop(peer, None) or CircuitBreaker(self._policy)
        if len(self._breakers) >= PEERS:
            closed = (name for name, one in self._breakers.items() if one.state == "closed")
            del self._breakers[next(closed, next(iter(self._breakers)))]
        self._breakers[peer] = found  # the last one asked comes last
        return found

    async def send(self, request: Request) -> HttpResult:
        breaker, now = self.breaker(self._peer(request)), self._clock.monotonic
        ticket = breaker.admit(now())
        if ticket is None:
            return Err(CircuitOpen.of(request, retry_after=breaker.retry_after(now())))
        outcome = Outcome.UNKNOWN
        try:
            result = await self._inner.send(request)
            outcome = _outcome(result)
            return result
        finally:
            breaker.settle(ticket, outcome, now())


def _outcome(result: HttpResult) -> Outcome:
    failed = False if isinstance(result, Ok) else result.error.peer_failed
    return {False: Outcome.SUCCESS, True: Outcome.FAILURE, None: Outcome.UNKNOWN}[failed]


def _host(request: Request) -> str:
    return _host_of(request.url)


@lru_cache(maxsize=1024)
def _host_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
