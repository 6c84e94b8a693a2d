"""No timeout: a peer that hangs holds the caller for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from infra_ref.clock import Clock, FakeClock, timeout

UNIT = "of 20 pages were still waiting after an hour"

Page = Callable[[Callable[[], Awaitable[str]], Clock], Coroutine[None, None, str]]


async def bad(rates: Callable[[], Awaitable[str]], clock: Clock) -> str:
    """Show the page with today's rates."""
    return f"today: {await rates()}"


async def repaired(rates: Callable[[], Awaitable[str]], clock: Clock) -> str:
    """Show the page with today's rates, or without them after two seconds."""
    try:
        async with timeout(clock, 2):
            return f"today: {await rates()}"
    except TimeoutError:
        return "today: not known"


async def measure(page: Page) -> int:
    """Return how many of twenty visitors have no page an hour after the peer began to hang."""
    clock = FakeClock()

    async def hanging() -> str:
        await asyncio.get_running_loop().create_future()
        return "never"

    visitors = [asyncio.create_task(page(hanging, clock)) for _ in range(20)]
    await clock.advance(3600)
    waiting = [one for one in visitors if not one.done()]
    for one in waiting:
        one.cancel()
    await asyncio.wait(visitors)
    return len(waiting)
