"""`changes`: notices that files changed, however they were replaced."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

SETTLE = 0.1
"""Seconds without a further write after which a burst of writes is over."""

POLL = 1.0
"""Seconds after which content is compared without an event: network drives send none."""


async def changes(*paths: Path) -> AsyncGenerator[None]:
    """Yield once for each change of what the files and folders `paths` hold; a burst of writes is one.

    Yields at once, too, so that what changed before the watch began is not missed.

    Watches the folder of a file, for a watch on the file itself ends when an editor or
    Kubernetes puts another in its place; and compares content, for an event may come of a mere touch.
    """
    if not paths:
        return
    seen, _ = await asyncio.to_thread(_look, paths)
    yield
    async for _ in _wakes({path if path.is_dir() else path.parent for path in paths}):
        content, written = await asyncio.to_thread(_look, paths)
        settled = content == seen
        while not settled:
            await asyncio.sleep(SETTLE)
            before = written  # not the content: half of a file may come back
            content, written = await asyncio.to_thread(_look, paths)
            settled = written == before
        if content != seen:
            seen = content
            yield


async def _wakes(folders: set[Path]) -> AsyncGenerator[None]:
    """Yield when something happened in the folders, and every `POLL` seconds without it."""
    try:
        from watchfiles import awatch
    except ModuleNotFoundError:  # a browser, which has no threads
        while True:
            await asyncio.sleep(POLL)
            yield
    else:
        poll = round(POLL * 1000)
        async for _ in awatch(*folders, recursive=False, step=20, rust_timeout=poll, yield_on_timeout=True):
            yield


def _look(paths: Iterable[Path]) -> tuple[list[str], list[str]]:
    """Return what the files hold, as digests, which are no secret; and when each was written."""
    content, written = list[str](), list[str]()
    for path in paths:
        for file in sorted(path.glob("*")) if path.is_dir() else [path]:
            try:
                content.append(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}")
                stat = file.stat()
                written.append(f"{file} {stat.st_ino} {stat.st_mtime_ns} {stat.st_size}")
            except OSError as error:  # a folder, or what was removed meanwhile
                content.append(f"{file} {type(error).__name__}")
    return content, written
