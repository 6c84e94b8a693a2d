"""A source of values that answers when it is allowed to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class Source:
    """A slow loader: once `answer` is set, it returns or raises the next of `values`; the last repeats."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)
        self.loads = 0
        self.running = 0
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()

    async def __call__(self) -> Any:
        value = self.values[min(self.loads, len(self.values) - 1)]
        self.loads += 1
        self.running += 1
        self.asked.set()
        try:
            await self.answer.wait()
        finally:
            self.running -= 1
        if isinstance(value, Exception):
            raise value
        return value

    def is_idle(self) -> bool:
        """Return whether no load is under way."""
        return self.running == 0

    @classmethod
    def ready(cls, *values: Any) -> Source:
        """Return one that answers at once."""
        source = cls(*values)
        source.answer.set()
        return source


async def settled() -> None:
    """Wait until everything that can run has run; a trip to a server takes a moment."""
    await asyncio.sleep(0.02)


async def until(holds: Callable[[], bool], seconds: float = 2.0) -> None:
    """Return once `holds()` is true, or after that many seconds."""
    for _ in range(int(seconds / 0.002)):
        if holds():
            return
        await asyncio.sleep(0.002)
