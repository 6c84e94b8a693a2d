"""`strict_timeout`: a limit of time within which no cancellation is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


@asynccontextmanager
async def strict_timeout(seconds: float | None) -> AsyncGenerator[None]:
    """Do as `asyncio.timeout` does, and raise CancelledError where the block has swallowed one.

    redis-py, nats-py and aiosmtplib wait by `asyncio.wait_for`, which until Python 3.12 returns the
    result of what ends in the moment of the cancellation (python/cpython#86296).
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        async with asyncio.timeout(seconds):
            yield
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError
