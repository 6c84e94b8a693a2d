"""A file storage in a folder of this machine, for all processes that use it through this class."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, TypeVar

from infra_ref.file_storage.arguments import (
    CHUNK,
    Content,
    Overwrite,
    checked_folder,
    checked_overwrite,
    checked_path,
    checked_range,
    path_problem,
    pieces,
)
from infra_ref.file_storage.errors import AccessDenied, FileMissing, NotSupported, StorageUnavailable
from infra_ref.file_storage.local_folder import NO_FILE, LocalFolder, etag
from infra_ref.file_storage.port import FileInfo

T = TypeVar("T")
PAGE = 500  # files that `list` looks at in one go


class LocalFileStorage:
    """A `FileStorage` in the folder `root`, on Linux and macOS. The first write makes the folder.

    Content is on the disk (fsync) before it can be seen. No symbolic link is followed: a path
    through one is no file. What a killed process left unfinished, the next write removes.
    """

    lacks: ClassVar[Mapping[str, str]] = {"presign": "a folder has no address"}

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._folder = LocalFolder(Path(root).absolute())

    async def save(self, path: str, content: Content, *, overwrite: Overwrite = False) -> None:
        path, overwrite = checked_path(path), checked_overwrite(overwrite)
        begun: list[BinaryIO] = []
        last = b""

        def write(piece: bytes, *, commit: bool = False) -> None:
            if not begun:
                self._folder.check(path, overwrite)
                begun.append(self._folder.begin())
            begun[0].write(piece)
            if commit:
                self._folder.commit(begun[0], path, overwrite)
                begun.pop().close()

        try:
            async for piece in pieces(content):
                if last:
                    await _in_thread(path, write, last)
                last = piece
            await _in_thread(path, write, last, commit=True)
        finally:
            if begun:
                await _in_thread(path, self._folder.discard, begun[0])

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        offset, length = checked_range(offset, length)
        return await _in_thread(path, self._read, checked_path(path), offset, length)

    async def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        offset, left = checked_range(offset, length)
        opened: list[BinaryIO] = []
        try:
            await _in_thread(path, lambda: opened.append(self._folder.open(checked_path(path), offset)))
            while piece := await _in_thread(
                path, opened[0].read, CHUNK if left is None else min(left, CHUNK)
            ):
                yield piece
                left = None if left is None else left - len(piece)
        finally:
            for file in opened:
                file.close()

    async def delete(self, path: str) -> None:
        with suppress(FileMissing):
            await _in_thread(path, self._folder.delete, checked_path(path))

    async def exists(self, path: str) -> bool:
        with suppress(FileMissing):
            await self.metadata(path)
            return True
        return False

    async def list(self, folder: str = "", *, after: str = "") -> AsyncIterator[FileInfo]:
        paths: Sequence[str] = ()
        with suppress(FileMissing):
            paths = await _in_thread(folder, self._folder.paths, checked_folder(folder))
        wanted = [path for path in paths if path > after and not path_problem(path)]
        for start in range(0, len(wanted), PAGE):
            for info in await _in_thread(folder, self._known, wanted[start : start + PAGE]):
                yield info

    async def copy(self, source: str, target: str, *, overwrite: Overwrite = False) -> None:
        async with aclosing(self.stream(source)) as content:
            await self.save(target, content, overwrite=overwrite)

    async def metadata(self, path: str) -> FileInfo:
        return _info(path, await _in_thread(path, self._folder.stat, checked_path(path)))

    async def presign(self, path: str, *, seconds: float) -> str:
        raise NotSupported(checked_path(path), "a folder has no address")

    def _read(self, path: str, offset: int, length: int | None) -> bytes:
        with self._folder.open(path, offset) as file:
            if length is None:
                return file.read()
            return file.read(min(length, os.fstat(file.fileno()).st_size))  # it allocates that much

    def _known(self, paths: Sequence[str]) -> Sequence[FileInfo]:
        found = []
        for path in paths:
            with suppress(OSError):  # removed in between, or a link
                found.append(_info(path, self._folder.stat(path)))
        return found


def _info(path: str, found: os.stat_result) -> FileInfo:
    return FileInfo(path, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC), etag(found))


async def _in_thread(path: str, work: Callable[..., T], *args: Any, **more: Any) -> T:
    """Do it in a thread. Who is cancelled waits for its end all the same: nothing happens afterwards."""
    job = asyncio.ensure_future(asyncio.to_thread(work, *args, **more))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        while not job.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({job})
        raise
    except OSError as error:
        if error.errno in NO_FILE:
            raise FileMissing(path) from error
        if isinstance(error, PermissionError):
            raise AccessDenied(path) from error
        raise StorageUnavailable(path, os.strerror(error.errno or 0)) from error
