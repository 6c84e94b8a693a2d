"""A cancellation that is eaten: the work goes on after the caller has given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

UNIT = "of 5 mails were sent after the stop"

Send = Callable[[Callable[[str], Awaitable[None]], list[str], list[str]], Coroutine[None, None, None]]


async def bad(mail: Callable[[str], Awaitable[None]], names: list[str], failed: list[str]) -> None:
    """Mail them all; one that fails stops no other."""
    for name in names:
        try:
            await mail(name)
        except BaseException:  # noqa: BLE001
            failed.append(name)


async def repaired(mail: Callable[[str], Awaitable[None]], names: list[str], failed: list[str]) -> None:
    """Mail them all; one that fails stops no other, and a cancellation stops all."""
    for name in names:
        try:
            await mail(name)
        except ConnectionError:
            failed.append(name)


async def measure(send: Send) -> int:
    """Return how many mails leave once the task was cancelled, in the middle of the first."""
    sent: list[str] = []

    async def mail(name: str) -> None:
        await asyncio.sleep(0)
        sent.append(name)

    task = asyncio.create_task(send(mail, [f"user{n}" for n in range(6)], []))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return len(sent)
