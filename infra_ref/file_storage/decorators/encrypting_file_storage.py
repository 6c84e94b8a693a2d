"""`EncryptingFileStorage`: whoever reads the store reads no content."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace

from infra_ref.file_storage.arguments import Content, Overwrite, checked_path, checked_range, pieces
from infra_ref.file_storage.errors import FileDamaged, NotSupported
from infra_ref.file_storage.port import FileInfo, FileStorage
from infra_ref.result import Err
from infra_ref.security.port import Sealer

PLAIN = 256 * 1024
"""Bytes of content that are sealed together."""
ID = 16


class EncryptingFileStorage:
    """A `FileStorage` around another, for a `sealer` that adds as many bytes to each value.

    Content is sealed piece by piece, each for its path, its place and the version of the file, so
    that no piece can be changed, moved, left out or taken from elsewhere: reading it raises
    FileDamaged, a stream only once it gets there. Paths and sizes stay readable. A range is read
    from the beginning of the file, and a copy is opened and sealed anew.
    """

    def __init__(self, inner: FileStorage, *, sealer: Sealer) -> None:
        self.inner, self._sealer = inner, sealer
        self._added = ID + len(sealer.seal(b""))

    @property
    def lacks(self) -> Mapping[str, str]:
        """What the inner one cannot be held to, this one cannot either."""
        return {**getattr(self.inner, "lacks", {}), "presign": "others would get what is sealed"}

    async def save(self, path: str, content: Content, *, overwrite: Overwrite = False) -> None:
        async with aclosing(self._sealed(checked_path(path), content)) as sealed:
            await self.inner.save(path, sealed, overwrite=overwrite)

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        return b"".join([piece async for piece in self.stream(path, offset=offset, length=length)])

    async def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        start, length = checked_range(offset, length)
        stop = start + length
        async with aclosing(self._opened(checked_path(path))) as opened:
            async for plain in opened:
                if piece := plain[start:stop]:
                    yield piece
                start, stop = max(start - len(plain), 0), stop - len(plain)
                if stop <= 0:
                    return

    async def delete(self, path: str) -> None:
        await self.inner.delete(path)

    async def exists(self, path: str) -> bool:
        return await self.inner.exists(path)

    async def list(self, folder: str = "", *, after: str = "") -> AsyncIterator[FileInfo]:
        async for info in self.inner.list(folder, after=after):
            yield self._plain(info)

    async def copy(self, source: str, target: str, *, overwrite: Overwrite = False) -> None:
        async with aclosing(self.stream(source)) as content:
            await self.save(target, content, overwrite=overwrite)

    async def metadata(self, path: str) -> FileInfo:
        return self._plain(await self.inner.metadata(path))

    async def presign(self, path: str, *, seconds: float) -> str:
        raise NotSupported(checked_path(path), "others would get what is sealed")

    async def _sealed(self, path: str, content: Content) -> AsyncGenerator[bytes]:
        version, place, ahead = secrets.token_bytes(ID), 0, b""
        async for plain in pieces(content, PLAIN):
            if ahead:
                yield self._sealer.seal(version + ahead, context=_context(path, place))
                place += 1
            ahead = plain
        yield self._sealer.seal(version + ahead, context=_context(path, place, last=True))

    async def _opened(self, path: str) -> AsyncGenerator[bytes]:
        version, place, ahead = b"", 0, b""
        async for sealed in pieces(self.inner.stream(path), PLAIN + self._added):
            if ahead:
                version, plain = self._open(path, ahead, version, _context(path, place))
                yield plain
                place += 1
            ahead = sealed
        yield self._open(path, ahead, version, _context(path, place, last=True))[1]

    def _open(self, path: str, sealed: bytes, version: bytes, context: bytes) -> tuple[bytes, bytes]:
        opened = self._sealer.open(sealed, context=context)
        if isinstance(opened, Err):
            raise FileDamaged(path)
        own, plain = opened.value[:ID], opened.value[ID:]
        if version not in (b"", own):
            raise FileDamaged(path, "its parts are of two versions")
        return own, plain

    def _plain(self, info: FileInfo) -> FileInfo:
        parts = -(-info.size // (PLAIN + self._added))
        return replace(info, size=max(info.size - parts * self._added, 0))


def _context(path: str, place: int, *, last: bool = False) -> bytes:
    return f"{path}\0{place}\0{last}".encode()
