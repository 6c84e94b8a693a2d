"""Forget what an event has made out of date, once the change behind it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from infra_ref.caching.port import Cache
from infra_ref.caching.strategy_port import CacheStrategy
from infra_ref.events import DomainEvent


class CacheInvalidator:
    """Deletes the entry of an event's subject, under `prefix`, where the strategy asks for it.

    Handling an event twice is the same as once.
    """

    def __init__(self, cache: Cache[Any], strategy: CacheStrategy[Any], *, prefix: str) -> None:
        self._cache, self._strategy, self._prefix = cache, strategy, prefix

    async def handle(self, event: DomainEvent) -> None:
        """Forget what the event makes stale. Raises CacheUnavailable, as the cache does."""
        if self._strategy.should_invalidate(event):
            await self._cache.delete(self._strategy.get_key(self._prefix, event.subject))

    @asynccontextmanager
    async def after_commit(self) -> AsyncGenerator[Callable[[DomainEvent], None]]:
        """Note events while a change is made; handle them when the block ends, if it ends well.

            async with invalidator.after_commit() as note:
                note(user.rename("Ada"))
                await unit_of_work.commit()

        Earlier would be wrong twice: a reader could cache the old value again
        before the commit, and a rollback would have emptied the cache for nothing.
        A cancellation that comes after the commit waits until all are handled, a second one too.
        """
        noted: list[DomainEvent] = []
        yield noted.append
        handling = asyncio.create_task(self._handle_all(noted))
        try:
            await asyncio.shield(handling)
        except asyncio.CancelledError:
            while not handling.done():
                with suppress(asyncio.CancelledError):  # the first is raised in the end
                    await asyncio.wait({handling})
            raise

    async def _handle_all(self, events: list[DomainEvent]) -> None:
        errors: list[Exception] = []
        for event in events:
            try:
                await self.handle(event)
            except Exception as error:  # noqa: BLE001 - the others are handled all the same
                errors.append(error)
        if errors:
            raise ExceptionGroup("could not invalidate", errors)
