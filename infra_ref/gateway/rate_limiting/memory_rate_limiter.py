"""A rate limiter for the calls of one process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from infra_ref.clock import Clock, SystemClock
from infra_ref.gateway.rate_limiter_port import NotAcquired, RateLimiter, RateLimitExceeded
from infra_ref.gateway.rate_limiting.rate_window import Rate, RateWindow
from infra_ref.result import Err, Ok, Result

KEYS = 1024
"""Keys after which those that are idle are forgotten; then again each time that they have doubled."""


@dataclass(slots=True)
class _Line:
    window: RateWindow
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class MemoryRateLimiter(RateLimiter):
    """A `RateLimiter` that keeps a window of the last calls for each key.

    Waiters stand in line, and only the first of them has an appointment: when
    one is cancelled, the next takes its place and no time is lost.
    """

    def __init__(self, rate: Rate, *, clock: Clock | None = None) -> None:
        self._rate, self._clock = rate, clock or SystemClock()
        self._lines: dict[str, _Line] = {}
        self._sweep_at = KEYS

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Result[None, NotAcquired]:
        line, now = self._line(key), self._clock.monotonic()
        wait = line.window.wait(now, line.waiting)
        if wait <= 0 and not line.waiting:
            line.window.take(now)
            return Ok(None)
        if patience is not None and wait > patience:
            return Err(RateLimitExceeded(retry_after=wait))
        if not line.waiting:
            line.turn = asyncio.Lock()  # one that was waited for belongs to its event loop
        line.waiting += 1
        try:
            async with line.turn:
                while (wait := line.window.wait(self._clock.monotonic())) > 0:
                    await self._clock.sleep(wait)
                line.window.take(self._clock.monotonic())
        finally:
            line.waiting -= 1
        return Ok(None)

    def _line(self, key: str) -> _Line:
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= self._sweep_at:
                self._forget_idle()
                self._sweep_at = max(KEYS, 2 * len(self._lines))
            line = self._lines[key] = _Line(RateWindow(self._rate))
        return line

    def _forget_idle(self) -> None:
        now, lines = self._clock.monotonic(), self._lines.items()
        self._lines = {key: line for key, line in lines if line.waiting or not line.window.idle(now)}
