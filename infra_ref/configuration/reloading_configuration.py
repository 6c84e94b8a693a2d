"""`ReloadingConfiguration`: keeps the last valid settings, and tells its subscribers of new ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from infra_ref.configuration.errors import Misconfigured
from infra_ref.observability.port import Logger
from infra_ref.result import Err, Ok, Result

S = TypeVar("S")


class ReloadingConfiguration(Generic[S]):
    """A `Configuration` of what `load` returns, beginning with `first`. Two settings are compared by `==`.

    `load` runs in a thread: it reads files.
    """

    def __init__(self, first: S, load: Callable[[], Result[S, Misconfigured]], *, logger: Logger) -> None:
        self._current, self._load, self._logger = first, load, logger
        self._refused: Misconfigured | None = None
        self._subscribers: dict[object, Callable[[S, S], object]] = {}
        self._one_at_a_time = asyncio.Lock()

    @property
    def current(self) -> S:
        return self._current

    @property
    def refused(self) -> Misconfigured | None:
        return self._refused

    async def reload(self) -> Result[bool, Misconfigured]:
        async with self._one_at_a_time:  # so that an older reading never replaces a newer one
            loaded = await asyncio.to_thread(self._load)
            if isinstance(loaded, Err):
                self._refused = loaded.error
                problems = [str(one) for one in loaded.error.problems]
                self._logger.error("new settings are refused; the old ones stay in force", problems=problems)
                return loaded
            self._refused = None
            return Ok(self._take(loaded.value))

    def subscribe(self, changed: Callable[[S, S], object]) -> Callable[[], object]:
        key = object()
        self._subscribers[key] = changed
        return lambda: self._subscribers.pop(key, None)

    def _take(self, settings: S) -> bool:
        before = self._current
        if settings == before:
            return False
        self._current = settings
        self._logger.info("new settings are in force")
        for key, changed in list(self._subscribers.items()):
            try:
                if key in self._subscribers:  # one before it may have ended it
                    changed(before, settings)
            except Exception as error:  # noqa: BLE001 - it is the subscriber's own, and logged
                self._logger.error("a subscriber to settings failed", error=error)
        return True
