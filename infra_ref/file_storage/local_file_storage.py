"""A file storage in a folder of this machine, for all processes that use it through this class."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, aclosing, suppress
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from infra_ref.file_storage.arguments import (
    CHUNK,
    Content,
    Overwrite,
    checked_folder,
    checked_overwrite,
    checked_path,
    checked_range,
    finished,
    path_problem,
    pieces,
)
from infra_ref.file_storage.errors import AccessDenied, FileMissing, NotSupported, StorageUnavailable
from infra_ref.file_storage.local_folder import NO_FILE, LocalFolder, info
from infra_ref.file_storage.port import FileInfo

T = TypeVar("T")


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
        if isinstance(content, bytes) and len(content) <= CHUNK:
            return await _in_thread(path, self._write, path, content, overwrite)
        await _in_thread(path, self._folder.check, path, overwrite)  # now, not after the last of many pieces
        writing = ExitStack()  # it is entered and left in the thread
        try:
            file = await _in_thread(
                path, lambda: writing.enter_context(self._folder.writing(path, overwrite))
            )
            async for piece in pieces(content):
                await _in_thread(path, file.write, piece)
            await _in_thread(path, writing.close)
        except BaseException as error:
            await _in_thread(path, writing.__exit__, type(error), error, None)
            raise

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        return await _in_thread(path, self._read, checked_path(path), *checked_range(offset, length))

    async def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        offset, left = checked_range(offset, length)
        with ExitStack() as opened:  # in the thread: a cancelled call leaves nothing open
            file = await _in_thread(
                path, lambda: opened.enter_context(self._folder.open(checked_path(path), offset))
            )
            while piece := await _in_thread(path, file.read, min(left, CHUNK)):
                yield piece
                left -= len(piece)

    async def delete(self, path: str) -> None:
        with suppress(FileMissing):
            await _in_thread(path, self._folder.delete, checked_path(path))

    async def exists(self, path: str) -> bool:
        with suppress(FileMissing):
            await self.metadata(path)
            return True
        return False

    async def list(self, folder: str = "", *, after: str = "") -> AsyncIterator[FileInfo]:
        with suppress(FileMissing):
            for one in await _in_thread(folder, self._files, checked_folder(folder), after):
                yield one

    async def copy(self, source: str, target: str, *, overwrite: Overwrite = False) -> None:
        async with aclosing(self.stream(source)) as content:
            await self.save(target, content, overwrite=overwrite)

    async def metadata(self, path: str) -> FileInfo:
        return await _in_thread(path, self._folder.info, checked_path(path))

    async def presign(self, path: str, *, seconds: float) -> str:
        raise NotSupported(checked_path(path), "a folder has no address")

    def _files(self, folder: str, after: str) -> Sequence[FileInfo]:
        found = []
        with self._folder.opened(folder) as top:
            for here, _, names, opened in os.fwalk(".", onerror=_raise_unless_gone, dir_fd=top):
                for name in names:
                    path = os.path.normpath(f"{folder or '.'}/{here}/{name}")
                    if path > after and not path_problem(path):
                        with suppress(OSError):  # removed in between, or a link
                            found.append(info(path, name, opened))
        return sorted(found, key=lambda one: one.path)

    def _write(self, path: str, content: bytes, overwrite: Overwrite) -> None:
        with self._folder.writing(path, overwrite) as file:
            file.write(content)

    def _read(self, path: str, offset: int, length: int) -> bytes:
        with self._folder.open(path, offset) as file:
            return file.read(min(length, os.fstat(file.fileno()).st_size))  # it allocates that much


def _raise_unless_gone(error: OSError) -> None:
    if error.errno not in NO_FILE:
        raise error


async def _in_thread(path: str, work: Callable[..., T], *args: Any) -> T:
    try:
        return await finished(asyncio.get_running_loop().run_in_executor(None, work, *args))
    except OSError as error:
        if error.errno in NO_FILE:
            raise FileMissing(path) from error
        if isinstance(error, PermissionError):
            raise AccessDenied(path) from error
        raise StorageUnavailable(path, os.strerror(error.errno or 0)) from error
