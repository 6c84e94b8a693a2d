"""A lease on NATS: a key that lapses, and that its holder renews by its revision."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from nats.errors import Error as NatsError
from nats.js.errors import KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from infra_ref.event_bus.errors import LeaseLost, QueueUnavailable
from infra_ref.failures import Refused
from infra_ref.strict_timeout import strict_timeout


@asynccontextmanager
async def trip(doing: str, seconds: float) -> AsyncGenerator[None]:
    """One exchange with the server, over in that time; what goes wrong is Refused with QueueUnavailable."""
    try:
        async with strict_timeout(seconds):
            yield
    except (NatsError, OSError) as error:  # TimeoutError is an OSError
        raise Refused(QueueUnavailable(doing, cause=error)) from error


class JetStreamLease:
    """A key of `bucket`, whose entries live for `seconds`.

    JetStream takes an acknowledgement from anybody. So its holder renews the lease before each, and every
    trip is over in less time than the lease lasts.
    """

    def __init__(self, bucket: KeyValue, group: str, *, seconds: float, timeout: float) -> None:
        self._bucket, self._group, self._seconds, self._timeout = bucket, group, seconds, timeout
        self._revision, self._until, self._one_at_a_time = 0, 0.0, asyncio.Lock()

    @property
    def is_held(self) -> bool:
        """Whether it is ours, as far as our own clock tells."""
        return time.monotonic() < self._until

    @property
    def is_young(self) -> bool:
        """Whether it was renewed a moment ago."""
        return time.monotonic() < self._until - self._seconds * 2 / 3

    async def take(self) -> bool:
        """Take it if nobody has it; return whether it is ours."""
        asked = time.monotonic()
        async with trip("take a lease", self._timeout):
            try:
                self._revision = await self._bucket.create(self._group, b"")
            except KeyWrongLastSequenceError:
                return False
        self._until = asked + self._seconds
        return True

    async def renew(self) -> None:
        """Hold it for as long again. Raises Refused with LeaseLost if it is not ours."""
        async with self._one_at_a_time:
            asked = time.monotonic()
            if not self.is_held:
                raise Refused(LeaseLost(self._group))
            async with trip("renew a lease", self._timeout):
                try:
                    self._revision = await self._bucket.update(self._group, b"", last=self._revision)
                except KeyWrongLastSequenceError as error:
                    self._until = 0.0
                    raise Refused(LeaseLost(self._group, cause=error)) from error
            self._until = asked + self._seconds

    async def give_up(self) -> None:
        """Let the next have it at once."""
        await self.renew()
        async with trip("give up a lease", self._timeout):
            await self._bucket.delete(self._group, last=self._revision)
        self._until = 0.0
