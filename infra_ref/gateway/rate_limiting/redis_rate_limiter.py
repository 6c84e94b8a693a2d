"""A rate limiter that all processes share which use the same Redis or Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
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

MICROSECONDS = 1_000_000
TURNS = 50
"""Times that a caller tries again because another process was quicker, or the answer was too late."""


class RedisRateLimiter(RateLimiter):
    """A `RateLimiter` that keeps the last calls of each key in a list on the server, by its clock.

    A call is noted before it is made. `slack` is how many seconds may lie
    between the two: it is added to the rate's time, so that two windows cannot
    close up, and a place that took longer to get is given up. Within a process
    waiters stand in line; among processes whoever asks first. No Lua is needed.
    `client` must give bytes, and whoever made it closes it; each try to take
    ends within `timeout` seconds.
    """

    def __init__(
        self, client: Redis, rate: Rate, *, namespace: str, slack: float = 0.05, timeout: float = 1.0
    ) -> None:
        self._client, self._rate, self._namespace, self._timeout = client, rate, namespace, timeout
        self._per, self._slack = round((rate.per + slack) * MICROSECONDS), slack
        self._turns: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}

    async def acquire(self, key: str = "", *, patience: float | None = None) -> Result[None, NotAcquired]:
        clock = asyncio.get_running_loop().time
        end = None if patience is None else clock() + patience
        try:
            async with self._in_line(key, patience):
                while (wait := await self._take(key)) > 0:
                    if end is not None and clock() + wait > end:
                        return Err(RateLimitExceeded(retry_after=wait))
                    await asyncio.sleep(wait)
                return Ok(None)
        except TimeoutError:
            return Err(RateLimitExceeded(retry_after=self._rate.per))
        except (RedisError, OSError) as error:
            return Err(LimiterUnavailable(cause=error))

    @asynccontextmanager
    async def _in_line(self, key: str, patience: float | None) -> AsyncGenerator[None, None]:
        """Wait until those who came before are through; then the lock is forgotten with its last user."""
        turn = self._turns.setdefault(key, asyncio.Lock())
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            async with asyncio.timeout(patience):
                await turn.acquire()
            try:
                yield
            finally:
                turn.release()
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._turns[key]

    async def _take(self, key: str) -> float:
        """Take a place and return 0, or return the seconds until one is free."""
        name = f"{self._namespace}:{key}"
        for _ in range(TURNS):
            try:
                async with asyncio.timeout(self._timeout), self._client.pipeline() as pipe:
                    wait, age = await self._try_to_take(pipe, name)
            except WatchError:
                continue  # another process took a place meanwhile
            except TimeoutError as error:
                raise RedisError(f"no answer within {self._timeout:g} s") from error
            if wait > 0 or age <= self._slack:
                return wait
        raise RedisError(
            f"no place in {TURNS} tries: too many processes, or answers take over {self._slack:g} s"
        )

    async def _try_to_take(self, pipe: Any, name: str) -> tuple[float, float]:
        """Return the seconds until a place is free, and of one that was taken how old it may be by now."""
        clock = asyncio.get_running_loop().time
        await pipe.watch(name)
        # The call `limit` ago: it must be older than `per`. Read after WATCH, so if somebody takes
        # a place in between, EXEC refuses; and in that order times in the list never go back.
        oldest = cast("bytes | None", await pipe.lindex(name, -self._rate.limit))
        asked = clock()
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
        return 0.0, clock() - asked
