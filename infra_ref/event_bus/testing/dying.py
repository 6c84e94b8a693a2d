"""A peer that dies before or after any of its steps."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Died(BaseException):
    """What a killed process feels like to its own code: nothing catches it."""


class Steps:
    """Counts the calls to what it `watch`es, two steps each, and dies at the step `at`."""

    def __init__(self, at: int) -> None:
        self._left = at
        self.died = False

    def watch(self, peer: Any) -> Any:
        """Return the peer, each of whose awaited calls has a step before it and a step after it."""
        kind = type(type(peer).__name__, (_Watched,), {})  # verdicts show the name of the peer's own
        return kind(peer, self._step)

    def _step(self) -> None:
        if self._left == 0:
            self.died = True
            raise Died
        self._left -= 1


class _Watched:
    def __init__(self, peer: Any, step: Callable[[], None]) -> None:
        self._peer, self._step = peer, step

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._peer, name)

        @functools.wraps(call)
        async def stepping(*args: Any, **more: Any) -> Any:
            self._step()
            result = await call(*args, **more)
            self._step()
            return result

        return stepping
