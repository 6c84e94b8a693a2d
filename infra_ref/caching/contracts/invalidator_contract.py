"""What a handler of events promises that keeps a cache true."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from infra_ref.caching.port import Cache
from infra_ref.contract import Contract, rule, tool
from infra_ref.events import DomainEvent

KEY, OTHER = "user:7", "user:8"


class Invalidates(Protocol):
    """Handles events, at once or after the commit of the change that they describe."""

    async def handle(self, event: DomainEvent) -> None:
        """Forget what the event made stale."""
        ...

    def after_commit(self) -> Any:
        """Give an async context manager of `note(event)`; at its good end it handles what was noted."""
        ...


class InvalidatorContract(Contract):
    """The handler under test keeps `KEY` for the subject "7", and minds "user.changed"."""

    port = Invalidates

    cache = tool("the cache that it keeps true")

    changed = DomainEvent(type="user.changed", subject="7", id="1")

    @rule("INVAL-01", "an event forgets its subject, and nothing else")
    async def forgets_the_subject(self, invalidator: Invalidates, cache: Cache[Any]) -> None:
        await _filled(cache)
        await invalidator.handle(self.changed)
        assert await cache.exists(KEY) is False
        assert await cache.exists(OTHER) is True

    @rule("INVAL-02", "an event of another type forgets nothing")
    async def minds_the_type(self, invalidator: Invalidates, cache: Cache[Any]) -> None:
        await _filled(cache)
        await invalidator.handle(DomainEvent(type="weather.changed", subject="7"))
        assert await cache.exists(KEY) is True

    @rule("INVAL-03", "an event that comes twice is the same as once")
    async def twice_is_once(self, invalidator: Invalidates, cache: Cache[Any]) -> None:
        await _filled(cache)
        await invalidator.handle(self.changed)
        await invalidator.handle(self.changed)
        assert await cache.exists(KEY) is False

    @rule("INVAL-04", "what was noted is forgotten after the commit, and not before")
    async def waits_for_the_commit(self, invalidator: Invalidates, cache: Cache[Any]) -> None:
        await _filled(cache)
        async with invalidator.after_commit() as note:
            note(self.changed)
            await asyncio.sleep(0)
            assert await cache.exists(KEY) is True
        assert await cache.exists(KEY) is False

    @rule("INVAL-05", "after a rollback nothing is forgotten")
    async def a_rollback_forgets_nothing(self, invalidator: Invalidates, cache: Cache[Any]) -> None:
        await _filled(cache)
        try:
            async with invalidator.after_commit() as note:
                note(self.changed)
                raise ZeroDivisionError("rolled back")
        except ZeroDivisionError:
            pass
        assert await cache.exists(KEY) is True

    @rule("INVAL-06", "a cancellation after the commit does not leave the cache stale")
    async def survives_cancellation(self, invalidator: Invalidates, cache: Cache[Any]) -> None:
        await _filled(cache)
        committed = asyncio.Event()

        async def change() -> None:
            async with invalidator.after_commit() as note:
                note(self.changed)
                committed.set()

        changing = asyncio.create_task(change())
        await committed.wait()
        changing.cancel()
        await asyncio.wait({changing})
        assert await cache.exists(KEY) is False


async def _filled(cache: Cache[Any]) -> None:
    await cache.set(KEY, "v")
    await cache.set(OTHER, "v")
