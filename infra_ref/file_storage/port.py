"""The port of file storage, and what can be relied on.

A file is there whole or not at all: a reader sees the old one or the new one, and a
write that fails, is cancelled or dies leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from infra_ref.file_storage.arguments import Content, Overwrite


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What is known of a file. `size` is in bytes, `modified` in UTC, and each version has its own `etag`."""

    path: str
    size: int
    modified: datetime
    etag: str


class FileStorage(Protocol):
    """Keeps files by path: names with `/` between them, the same file on any disk and in any bucket.

    Every method raises, and an iterator does so at its first step: PathRefused for a path that
    leads elsewhere or nowhere (`path_problem` has the list), AccessDenied, StorageUnavailable,
    and TypeError for a path that is not a str.
    """

    async def save(self, path: str, content: Content, *, overwrite: Overwrite = False) -> None:
        """Store bytes, or a stream of them that need not fit into memory.

        `overwrite` is False to write only where there is no file, True to replace whatever is
        there, or an etag to replace only that version. To change a file and lose no other's
        change, ask for `metadata`, then `read`, then save over that etag.

        Raises FileExists, FileChanged; NotSupported where the store would not honour the
        condition; TypeError for what is not bytes; and whatever the stream raises.
        """
        ...

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """Return the content, or `length` bytes of it from `offset`: fewer where the file ends before.

        Raises FileMissing, FileDamaged, and ValueError for a number below zero.
        """
        ...

    def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield what `read` returns, of one version, in pieces of at most 1 MiB. Raises as `read` does."""
        ...

    async def delete(self, path: str) -> None:
        """Make sure that there is no such file; it is no error if there was none."""
        ...

    async def exists(self, path: str) -> bool:
        """Return whether there is such a file."""
        ...

    def list(self, folder: str = "", *, after: str = "") -> AsyncIterator[FileInfo]:
        """Yield the files below `folder`, at any depth, ordered by path; "" is all.

        `after` leaves out those up to that path, to go on where a page ended. Whether files that
        come or go meanwhile are among them is not known.
        """
        ...

    async def copy(self, source: str, target: str, *, overwrite: Overwrite = False) -> None:
        """Store the content of `source` at `target` too. Raises as `read` and `save` do."""
        ...

    async def metadata(self, path: str) -> FileInfo:
        """Return what is known of a file. Raises FileMissing."""
        ...

    async def presign(self, path: str, *, seconds: float) -> str:
        """Return a URL at which anyone can read the file for that long, if it exists then.

        Raises NotSupported, and ValueError for what is not a time of at least a second.
        """
        ...
