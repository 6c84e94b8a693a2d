"""`changes`: notices that files changed, however they were replaced."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

SETTLE = 0.1
"""Seconds without a further write after which a burst of writes is over."""

POLL = 1.0
"""Seconds after which content is compared without an event: network drives send none."""


async def changes(*paths: Path, settle: float = SETTLE) -> AsyncGenerator[None]:
    """Yield once for each change of what the files and folders `paths` hold; a burst of writes is one.

    Yields at once, too, so that what changed before the watch began is not missed.

    Watches the folder of a file, for a watch on the file itself ends when an editor or
    Kubernetes puts another in its place; and compares content, for an event may come of a mere touch.
    """
    if not paths:
        return
    seen = await _each(paths, _digest)
    yield
    folders = {path if path.is_dir() else path.parent for path in paths}
    async for _ in _wakes(folders):
        if await _each(paths, _digest) == seen:
            continue
        await _settled(paths, settle)
        now = await _each(paths, _digest)
        if now != seen:
            seen = now
            yield


async def _wakes(folders: set[Path]) -> AsyncGenerator[object]:
    """Yield when something happened in the folders, and every `POLL` seconds without it."""
    try:
        from watchfiles import awatch
    except ModuleNotFoundError:  # a browser, which has no threads
        while True:
            await asyncio.sleep(POLL)
            yield None
    else:
        poll = round(POLL * 1000)
        async for events in awatch(
            *folders, recursive=False, step=20, rust_timeout=poll, yield_on_timeout=True
        ):
            yield events


async def _settled(paths: tuple[Path, ...], settle: float) -> None:
    while True:
        before = await _each(paths, _stamp)  # not the content: half of a file may come back
        await asyncio.sleep(settle)
        if await _each(paths, _stamp) == before:
            return


async def _each(paths: tuple[Path, ...], look: Callable[[Path], str]) -> list[str]:
    return await asyncio.to_thread(lambda: [_seen(path, look) for path in paths])


def _seen(path: Path, look: Callable[[Path], str]) -> str:
    try:
        if path.is_dir():
            return str([(one.name, look(one)) for one in sorted(path.iterdir()) if one.is_file()])
        return look(path)
    except OSError as error:
        return type(error).__name__


def _digest(file: Path) -> str:
    """Return what tells one content from another, and is no secret."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _stamp(file: Path) -> str:
    found = file.stat()
    return f"{found.st_ino} {found.st_mtime_ns} {found.st_size}"
