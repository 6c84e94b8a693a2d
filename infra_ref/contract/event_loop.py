"""Run asynchronous work where no event loop runs yet."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

GRACE = 1.0
"""Seconds that cancelled work gets to clean up before it is abandoned."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run in an event loop of its own, as `asyncio.run` does, but never wait long for what will not end.

    Raises RuntimeError where a loop runs already, as in a notebook: await the work there.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
    else:
        work.close()
        raise RuntimeError("an event loop runs here already: write `await ...` instead of run(...)")
    try:
        return loop.run_until_complete(work)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=GRACE))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
