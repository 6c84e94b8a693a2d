"""A rate limiter that all processes share which use the same Redis or Valkey."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import inf
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError, WatchError

from infra_ref.gateway.rate_limiter_port import (
    LimiterUnavailable,
    NotAcquired,
    RateLimiter,
    RateLimitExceeded,
)
from infra_ref.gateway.rate_limiting.rate_window import Rate
from infra_ref.result import Err, Ok, Result
from infra_ref.strict_timeout import strict_timeout

MICROSECONDS = 1_000_000
TURNS = 50
"""Times that a caller tries again because another process was quicker, or the answer was too late."""


@dataclass(slots=True)
class _Line:
    """Who waits for one key in this process, and what the first of them learned last."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    asked_at: float = inf
    free_at: float | None = None
    failure: LimiterUnavailable | None = None

    def impatient(self, patience: float) -> NotAcquired:
        """Return why a caller got no place in time: a store that was silent for most of it, or the others."""
        now = _time()
        if now - self.asked_at >= patience / 2:
            return LimiterUnavailable()
        return RateLimitExceeded(retry_after=None if self.free_at is None else max(self.free_at - now, 0.0))


class RedisRateLimiter(RateLimiter):
    """A `RateLimiter` that keeps the last calls of each key in a list on the server, by its clock.

    A call is noted before it is made. `slack` is how many seconds may lie
    between the two: it is added to the rate's time, so that two windows cannot
    close up, and a place that took longer to get is given up. Within a process
    waiters stand in line; among processes whoever asks first. No Lua is needed.
    `client` must give bytes, and whoever made it closes it.

    The store gets `timeout` seconds to answer, and no more than the caller's patience unless that is 0.
    A failure is that of all who wait for it, and for as long again the store is not asked.
    """

    def __init__(
        self, client: Redis, rate: Rate, *, namespace: str, slack: float = 0.05, timeout: float = 1.0
    ) -> None:
        self._client, self._rate, self._namespace, self._timeout = client, rate, namespace, timeout
        self._per, self._slack = round((rate.per + slack) * MICROSECONDS), slack
        self._lines: dict[str, _Line] = {}
        self._failure, self._resting_until = LimiterUnavailable(), -inf

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Result[None, NotAcquired]:
        now = _time()
        if now < self._resting_until:
            return Err(self._failure)
        line = self._lines.setdefault(key, _Line())
        line.waiting += 1
        try:
            async with asyncio.timeout(patience):
                await line.turn.acquire()
            try:
                return await self._first_in_line(line, key, now, inf if patience is None else patience)
            finally:
                line.turn.release()
        except TimeoutError:
            return Err(line.impatient(patience or 0.0))
        finally:
            line.waiting -= 1
            if not line.waiting and self._lines.get(key) is line:
                del self._lines[key]

    async def _first_in_line(
        self, line: _Line, key: str, came: float, patience: float
    ) -> Result[None, NotAcquired]:
        while line.failure is None:
            line.asked_at = min(line.asked_at, _time())
            limit = self._timeout if patience == 0 else min(self._timeout, came + patience - _time())
            try:
                async with strict_timeout(limit):
                    wait = await self._take(key)
            except (RedisError, OSError) as error:  # OSError has TimeoutError in it
                if limit < self._timeout and isinstance(error, TimeoutError):
                    raise  # the caller's patience is over
                return Err(self._failed(line, key, LimiterUnavailable(cause=error)))
            line.asked_at = inf
            if wait <= 0:
                return Ok(None)
            line.free_at = _time() + wait
            if line.free_at > came + patience:
                return Err(RateLimitExceeded(retry_after=wait))
            await asyncio.sleep(wait)
        return Err(line.failure)

    def _failed(self, line: _Line, key: str, failure: LimiterUnavailable) -> LimiterUnavailable:
        """Make it the failure of all in line, and of those who come for a while."""
        line.failure = self._failure = failure
        self._resting_until = _time() + self._timeout
        self._lines.pop(key, None)
        return failure

    async def _take(self, key: str) -> float:
        """Take a place and return 0, or return the seconds until one is free."""
        name = f"{self._namespace}:{key}"
        for _ in range(TURNS):
            try:
                async with self._client.pipeline() as pipe:
                    wait, age = await self._try_to_take(pipe, name)
            except WatchError:
                continue  # another process took a place meanwhile
            if wait > 0 or age <= self._slack:
                return wait
        raise RedisError(f"no place in {TURNS} tries: many processes, or answers over {self._slack:g} s")

    async def _try_to_take(self, pipe: Any, name: str) -> tuple[float, float]:
        """Return the seconds until a place is free, and of one that was taken how old it may be by now."""
        await pipe.watch(name)
        # The call `limit` ago: it must be older than `per`. Read after WATCH, so if another process
        # takes a place in between, EXEC refuses; and in that order times in the list never go back.
        oldest = cast("bytes | None", await pipe.lindex(name, -self._rate.limit))
        asked = _time()
        seconds, micros = await pipe.time()
        now = int(seconds) * MICROSECONDS + int(micros)
        wait = 0 if oldest is None else int(oldest) + self._per - now
        if wait > 0:
            return wait / MICROSECONDS, 0.0
        pipe.multi()
        pipe.rpush(name, now)
        pipe.ltrim(name, -self._rate.limit, -1)
        pipe.pexpire(name, self._per // 1000 + 1)
        await pipe.execute()
        return 0.0, _time() - asked


def _time() -> float:
    return asyncio.get_running_loop().time()
