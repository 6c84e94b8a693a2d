"""A file storage on S3, Google Cloud Storage or Azure, by the library obstore."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any, ClassVar

import obstore

from infra_ref.file_storage.arguments import (
    ALL,
    CHUNK,
    RESERVED,
    Content,
    Overwrite,
    check_version,
    checked_folder,
    checked_overwrite,
    checked_path,
    checked_range,
    path_problem,
    pieces,
)
from infra_ref.file_storage.errors import FileMissing, NotSupported
from infra_ref.file_storage.obstore_requests import PART, copy_new, done, put, translated, upload, version
from infra_ref.file_storage.port import FileInfo

CONDITIONS = frozenset({"create", "version", "copy"})
"""Of a write where there is no file, of one over a version, of a copy to where there is no file."""
WEEK = 7 * 24 * 3600  # seconds; no S3 signs for longer


class ObstoreFileStorage:
    """A `FileStorage` in a `store` of obstore's, such as its `S3Store`.

    `honours` are those of `CONDITIONS` that the store keeps; `obstore_probe` finds them out. What
    needs another raises NotSupported, for there are stores that ignore a condition, and write.
    A condition is on one request: over a certain version, at most 8 MiB can be written.
    """

    lacks: ClassVar[Mapping[str, str]] = {
        "folders": "a bucket has none: an object may have a path below another's",
        "link": "a bucket has no links",
    }

    def __init__(self, store: Any, *, honours: frozenset[str] = frozenset()) -> None:
        self._store, self._honours = store, honours

    async def save(self, path: str, content: Content, *, overwrite: Overwrite = False) -> None:
        checked_path(path)
        versioned = isinstance(checked_overwrite(overwrite), str)
        self._check_honoured(path, "version" if versioned else "" if overwrite else "create")
        begin = bytearray()
        async with aclosing(pieces(content)) as parts:
            async for part in parts:
                begin += part
                if len(begin) > PART:
                    await self._save_large(path, begin, parts, overwrite)
                    break
            else:
                await put(self._store, path, begin, overwrite)

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        return b"".join([piece async for piece in self.stream(path, offset=offset, length=length)])

    async def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        offset, length = checked_range(offset, length)
        checked_path(path)
        options: Any = None
        if (offset, length) != (0, ALL):  # a range past the end is an error, and a different one each
            end = min((await self.metadata(path)).size, offset + length)
            if end <= offset:
                return
            options = {"range": (offset, end)}
        with translated(path):
            found = await obstore.get_async(self._store, path, options=options)
            async for piece in pieces(found.stream(CHUNK)):
                yield piece

    async def delete(self, path: str) -> None:
        with suppress(FileMissing):
            await done(checked_path(path), obstore.delete_async(self._store, path))

    async def exists(self, path: str) -> bool:
        with suppress(FileMissing):
            await self.metadata(path)
            return True
        return False

    async def list(self, folder: str = "", *, after: str = "") -> AsyncIterator[FileInfo]:
        checked_folder(folder)
        with translated(folder):
            async for page in obstore.list(self._store, folder or None, offset=after or None):
                for meta in page:
                    if not path_problem(meta["path"]):
                        yield self._info(meta)

    async def copy(self, source: str, target: str, *, overwrite: Overwrite = False) -> None:
        source, target, overwrite = checked_path(source), checked_path(target), checked_overwrite(overwrite)
        if source == target:  # S3 refuses it
            check_version(target, (await self.metadata(source)).etag, overwrite)
        elif overwrite is True:
            await done(source, obstore.copy_async(self._store, source, target))
        elif overwrite is False and "copy" in self._honours:
            await copy_new(self._store, source, target)
        else:
            async with aclosing(self.stream(source)) as content:
                await self.save(target, content, overwrite=overwrite)

    async def metadata(self, path: str) -> FileInfo:
        return self._info(await done(checked_path(path), obstore.head_async(self._store, path)))

    async def presign(self, path: str, *, seconds: float) -> str:
        checked_path(path)
        if not 1 <= seconds <= WEEK:
            raise ValueError(f"a URL works for 1 to {WEEK} seconds, not {seconds}")
        try:
            return await obstore.sign_async(self._store, "GET", path, timedelta(seconds=seconds))
        except ValueError as error:
            raise NotSupported(path, f"a {type(self._store).__name__} has no address") from error

    async def _save_large(
        self, path: str, begin: bytearray, rest: AsyncIterator[bytes], overwrite: Overwrite
    ) -> None:
        if overwrite is True:
            await upload(self._store, path, begin, rest)
        elif overwrite is False:
            self._check_honoured(path, "copy")
            unfinished = f"{RESERVED}/{secrets.token_hex(8)}"
            try:
                await upload(self._store, unfinished, begin, rest)
                await copy_new(self._store, unfinished, path)
            finally:
                await done(path, obstore.delete_async(self._store, unfinished))
        else:
            raise NotSupported(path, "over a certain version, at most 8 MiB can be written")

    def _check_honoured(self, path: str, condition: str) -> None:
        if condition and condition not in self._honours:
            raise NotSupported(path, f"the store was not seen to keep the condition {condition!r}")

    def _info(self, meta: Any) -> FileInfo:
        return FileInfo(meta["path"], meta["size"], meta["last_modified"], version(self._store, meta))
