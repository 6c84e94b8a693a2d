"""A blocking call in a coroutine: one customer's report, and everybody waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

UNIT = "of 20 visitors were not served while one report was written"

Report = Callable[[], Awaitable[str]]


async def bad() -> str:
    """Write a report; the disk takes a while."""
    time.sleep(0.02)  # noqa: ASYNC251
    return "report"


async def repaired() -> str:
    """Write a report in a thread; the disk takes a while."""
    await asyncio.to_thread(time.sleep, 0.02)
    return "report"


async def measure(report: Report) -> int:
    """Return how many who came before it was written were not served by then."""
    served: list[int] = []

    async def visit(number: int) -> None:
        served.append(number)

    visits = [asyncio.create_task(visit(n)) for n in range(20)]
    await report()
    waiting = 20 - len(served)
    await asyncio.gather(*visits)
    return waiting
