"""A lease on Redis: who holds it may write, and who lost it writes nothing."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra_ref.event_bus.errors import LeaseLost, QueueUnavailable
from infra_ref.failures import Refused
from infra_ref.strict_timeout import strict_timeout


@asynccontextmanager
async def trip(doing: str, seconds: float) -> AsyncGenerator[None]:
    """One exchange with the store, over in that time; what goes wrong is Refused with QueueUnavailable."""
    try:
        async with strict_timeout(seconds):
            yield
    except (RedisError, OSError) as error:  # TimeoutError is an OSError
        raise Refused(QueueUnavailable(doing, cause=error)) from error


class RedisLease:
    """A key that lapses after `seconds`. All that its holder writes is in a transaction that watches it.

    `in_doubt` is set when an answer was lost, so that nobody knows what was written.
    """

    def __init__(self, client: Redis, key: str, group: str, *, seconds: float, timeout: float) -> None:
        self._client, self._key, self._group = client, key, group
        self._seconds, self._timeout = seconds, timeout
        self._token, self._until, self._one_at_a_time = secrets.token_bytes(16), 0.0, asyncio.Lock()
        self.in_doubt = False

    @property
    def is_held(self) -> bool:
        """Whether it is ours, as far as our own clock tells."""
        return time.monotonic() < self._until

    async def take(self) -> bool:
        """Take it if nobody has it; return whether it is ours."""
        async with trip("take a lease", self._timeout):
            asked, milliseconds = time.monotonic(), round(self._seconds * 1000)
            if not await self._client.set(self._key, self._token, nx=True, px=milliseconds):
                return False
            self._until = asked + self._seconds
            return True

    async def give_up(self) -> None:
        """Let the next have it at once."""
        if self.is_held:
            await self.write("give up a lease", lambda pipe: pipe.unlink(self._key))
            self._until = 0.0

    async def write(self, doing: str, fill: Callable[[Any], Any] = lambda pipe: None) -> list[Any]:
        """Renew the lease and run what `fill` puts into the transaction; return its answers.

        Raises Refused with LeaseLost if the lease is not ours, and then nothing was written.
        """
        async with self._one_at_a_time, trip(doing, self._timeout), self._client.pipeline() as pipe:
            if not self.is_held:
                raise Refused(LeaseLost(self._group))
            asked = time.monotonic()
            try:
                await pipe.watch(self._key)
                if await cast(Any, pipe.get(self._key)) != self._token:
                    self._until = 0.0
                    raise Refused(LeaseLost(self._group))
                pipe.multi()  # type: ignore[no-untyped-call]  # redis-py
                pipe.pexpire(self._key, round(self._seconds * 1000))
                fill(pipe)
                _, *answers = await pipe.execute()
            except BaseException as error:
                self.in_doubt = self.in_doubt or not isinstance(error, Refused)
                raise
            self._until = asked + self._seconds
            return answers
