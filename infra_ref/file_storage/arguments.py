"""What all adapters share: checks of what callers pass, and work that is done to its end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable
from contextlib import suppress
from typing import TypeAlias, TypeVar

from infra_ref.file_storage.errors import FileChanged, FileExists, PathRefused

Content: TypeAlias = bytes | AsyncIterable[bytes]
Overwrite: TypeAlias = bool | str
"""False: only where there is no file. True: whatever is there. An etag: only that version."""

ALL = 2**63  # bytes, more than a file has
CHUNK = 1024 * 1024  # bytes in a piece of a stream, at most
RESERVED = ".partial"  # where adapters keep what is not finished; no path leads there
T = TypeVar("T")
_SPECIAL = re.compile(r"[\x00-\x1f\x7f\\:\ud800-\udfff]")
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|con(in|out)\$|(com|lpt)[\d¹²³]) *(\..*)?")


def checked_path(path: str) -> str:
    """Return `path`. Raises PathRefused, with what to write instead, and TypeError if it is not a str."""
    if not isinstance(path, str):
        raise TypeError(f"a path is a str such as 'invoices/7.pdf', not {type(path).__name__}")
    if why := path_problem(path):
        raise PathRefused(path, why)
    return path


def path_problem(path: str) -> str:
    """Return what is wrong with it, or "" for one that means the same file on any disk and in any bucket."""
    names = path.split("/")
    if "" in names:
        return "write names with one / between them, and none around them"
    if "." in names or ".." in names:
        return "leave out . and .."
    if _SPECIAL.search(path):
        return "leave out backslashes, colons, control characters and lone surrogates"
    if any(name[-1] in ". " or _DEVICE.fullmatch(name) for name in names):
        return "a name is not a device of Windows, such as 'con', and does not end in a dot or a space"
    if names[0].lower() == RESERVED:
        return f"{RESERVED} is where unfinished files are kept"
    sizes = [len(name.encode()) for name in names]
    fits = max(sizes) <= 255 and sum(sizes) + len(sizes) <= 1025
    return "" if fits else "a name has at most 255 bytes, and a path 1024"


def checked_folder(folder: str) -> str:
    """Return `folder`: a path, or "" for all. Raises as `checked_path` does."""
    return checked_path(folder) if folder != "" else folder


def checked_overwrite(overwrite: Overwrite) -> Overwrite:
    """Return `overwrite`. Raises TypeError for what is neither a bool nor an etag."""
    if overwrite == "" or not isinstance(overwrite, bool | str):
        raise TypeError(f"overwrite is True, False or the etag of the version to replace, not {overwrite!r}")
    return overwrite


def checked_range(offset: int, length: int | None) -> tuple[int, int]:
    """Return both, with `ALL` for None. Raises ValueError for a number below zero."""
    if offset < 0 or (length is not None and length < 0):
        raise ValueError(f"offset and length count bytes from 0, not offset={offset}, length={length}")
    return offset, ALL if length is None else length


def check_version(path: str, etag: str | None, overwrite: Overwrite) -> None:
    """Raise FileExists or FileChanged unless `overwrite` fits the `etag` that is there, None for no file."""
    if overwrite is False and etag is not None:
        raise FileExists(path)
    if isinstance(overwrite, str) and etag != overwrite:
        raise FileChanged(path)


async def pieces(content: Content, size: int = CHUNK) -> AsyncGenerator[bytes]:
    """Yield `content` in pieces of `size` bytes; the last may be shorter, and none is empty.

    Raises TypeError for what is not bytes.
    """
    if isinstance(content, AsyncIterable):
        waiting = bytearray()
        async for one in content:
            waiting += memoryview(one)
            while len(waiting) >= size:
                yield bytes(waiting[:size])
                del waiting[:size]
        if waiting:
            yield bytes(waiting)
    elif isinstance(content, bytes | bytearray | memoryview):
        for start in range(0, len(content), size):
            yield bytes(content[start : start + size])
    else:
        raise TypeError(f"content is bytes, or yields bytes asynchronously; not {type(content).__name__}")


async def finished(request: Awaitable[T]) -> T:
    """Await it. Who is cancelled waits for its end all the same: nothing happens afterwards."""
    job = asyncio.ensure_future(request)
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        while not job.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({job})
        raise
