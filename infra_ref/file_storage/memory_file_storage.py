"""A file storage in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import ClassVar

from infra_ref.file_storage.arguments import (
    Content,
    Overwrite,
    check_version,
    checked_folder,
    checked_overwrite,
    checked_path,
    checked_range,
    pieces,
)
from infra_ref.file_storage.errors import FileMissing, NotSupported, PathRefused
from infra_ref.file_storage.port import FileInfo


class MemoryFileStorage:
    """A `FileStorage` for one process, and the fake for all others: as strict as a disk about folders."""

    lacks: ClassVar[Mapping[str, str]] = {
        "another": "its memory belongs to one instance",
        "link": "memory has no links",
        "presign": "memory has no address",
    }

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, FileInfo]] = {}
        self._versions = count(1)

    async def save(self, path: str, content: Content, *, overwrite: Overwrite = False) -> None:
        path, overwrite = checked_path(path), checked_overwrite(overwrite)
        whole = b"".join([piece async for piece in pieces(content)])
        # From here on nothing is awaited, so nothing comes between the check and the write.
        self._check_place(path)
        check_version(path, self._files[path][1].etag if path in self._files else None, overwrite)
        info = FileInfo(path, len(whole), datetime.now(UTC), f"v{next(self._versions)}")
        self._files[path] = whole, info

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        offset, length = checked_range(offset, length)
        return self._found(path)[0][offset : offset + length]

    async def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for piece in pieces(await self.read(path, offset=offset, length=length)):
            yield piece

    async def delete(self, path: str) -> None:
        self._files.pop(checked_path(path), None)

    async def exists(self, path: str) -> bool:
        return checked_path(path) in self._files

    async def list(self, folder: str = "", *, after: str = "") -> AsyncIterator[FileInfo]:
        below = f"{folder}/" if checked_folder(folder) else ""
        for path in sorted(self._files):
            if path.startswith(below) and path > after and path in self._files:
                yield self._files[path][1]

    async def copy(self, source: str, target: str, *, overwrite: Overwrite = False) -> None:
        await self.save(target, self.stream(source), overwrite=overwrite)

    async def metadata(self, path: str) -> FileInfo:
        return self._found(path)[1]

    async def presign(self, path: str, *, seconds: float) -> str:
        raise NotSupported(checked_path(path), "memory has no address")

    def _found(self, path: str) -> tuple[bytes, FileInfo]:
        if (found := self._files.get(checked_path(path))) is None:
            raise FileMissing(path)
        return found

    def _check_place(self, path: str) -> None:
        above = {path[:end] for end, sign in enumerate(path) if sign == "/"}
        if in_its_way := above & self._files.keys():
            raise PathRefused(path, f"{min(in_its_way)!r} is a file, not a folder")
        if any(other.startswith(f"{path}/") for other in self._files):
            raise PathRefused(path, "it is a folder")
