"""What every `FileStorage` promises of what it keeps: contents, conditions and copies."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from infra_ref.contract import Contract, raised, rule
from infra_ref.file_storage.contracts.examples import ALL_BYTES, PART, broken_off, endless, streamed
from infra_ref.file_storage.errors import FileChanged, FileExists, FileMissing
from infra_ref.file_storage.port import FileStorage


class ContentRules(Contract):
    """The first part of `FileStorageContract`."""

    @rule("FILE-01", "what was saved is read, byte for byte")
    async def save_then_read(self, files: FileStorage) -> None:
        await files.save("a/b.bin", ALL_BYTES)
        assert await files.read("a/b.bin") == ALL_BYTES

    @rule("FILE-02", "an empty file is a file")
    async def empty(self, files: FileStorage) -> None:
        await files.save("empty", b"")
        await files.save("empty too", streamed())
        assert await files.exists("empty") is True
        assert [await files.read(path) for path in ("empty", "empty too")] == [b"", b""]
        assert [piece async for piece in files.stream("empty")] == []

    @rule("FILE-03", "a file that does not exist is FileMissing to all that read it, a folder too")
    async def missing(self, files: FileStorage) -> None:
        await files.save("folder/file", b"x")
        for path in ("nothing", "folder", "folder/nothing", "folder/file/below"):
            for name, call in reading(files, path).items():
                with raised(FileMissing, f"{name} of {path!r}") as errors:
                    await call()
                assert errors[0].path == path, name

    @rule("FILE-04", "exists is true for a file, and false for a folder and for nothing")
    async def exists(self, files: FileStorage) -> None:
        await files.save("folder/file", b"x")
        seen = [await files.exists(path) for path in ("folder/file", "folder", "nothing", "folder/file/x")]
        assert seen == [True, False, False, False]

    @rule("FILE-05", "nothing is overwritten unless asked for: FileExists, and the old one stays")
    async def creates_only(self, files: FileStorage) -> None:
        await files.save("a", b"old")
        for content in (b"new", streamed(b"new"), b""):
            with raised(FileExists):
                await files.save("a", content)
        assert await files.read("a") == b"old"

    @rule("FILE-06", "overwrite=True replaces whatever is there, and makes what is not")
    async def overwrites(self, files: FileStorage) -> None:
        for content in (b"first, and long", b"second"):
            await files.save("a", content, overwrite=True)
            assert await files.read("a") == content

    @rule("FILE-07", "with an etag only that version is overwritten; for any other it is FileChanged")
    async def overwrites_a_version(self, files: FileStorage) -> None:
        await files.save("a", b"v1")
        first = (await files.metadata("a")).etag
        await files.save("a", b"v2", overwrite=first)
        with raised(FileChanged, "a stale etag"):
            await files.save("a", b"v3", overwrite=first)
        assert await files.read("a") == b"v2"
        await files.delete("a")
        with raised(FileChanged, "a file that is gone"):
            await files.save("a", b"v3", overwrite=first)
        assert await files.exists("a") is False

    @rule("FILE-08", "copy overwrites as save does: not unasked, whatever is there, or one version")
    async def copy_conditions(self, files: FileStorage) -> None:
        await files.save("new", b"new")
        await files.copy("new", "a")
        await files.save("other", b"other")
        with raised(FileExists):
            await files.copy("other", "a")
        first = (await files.metadata("a")).etag
        await files.copy("other", "a", overwrite=first)
        with raised(FileChanged):
            await files.copy("new", "a", overwrite=first)
        assert await files.read("a") == b"other"
        await files.copy("new", "a", overwrite=True)
        assert await files.read("a") == b"new"

    @rule("FILE-09", "a copy is a file of its own: it stays when its source changes or goes")
    async def copy_is_apart(self, files: FileStorage) -> None:
        await files.save("a", b"content")
        await files.copy("a", "b/c")
        await files.save("a", b"changed", overwrite=True)
        await files.delete("a")
        assert await files.read("b/c") == b"content"

    @rule("FILE-10", "a file copied to itself stays as it is", full=True)
    async def copy_to_itself(self, files: FileStorage) -> None:
        await files.save("a", b"content")
        with raised(FileExists):
            await files.copy("a", "a")
        await files.copy("a", "a", overwrite=True)
        assert await files.read("a") == b"content"

    @rule("FILE-11", "delete makes a file go, and it is no error if there was none")
    async def delete(self, files: FileStorage) -> None:
        await files.save("a/b", b"x")
        await files.save("a/c", b"x")
        for path in ("a/b", "a/b", "a", "nothing/at/all"):
            await files.delete(path)
        assert [await files.exists(path) for path in ("a/b", "a/c")] == [False, True]
        await files.save("a/b", b"new")

    @rule("FILE-12", "a stream is saved whole, whatever its pieces are")
    async def stream_in(self, files: FileStorage) -> None:
        sizes = (0, 1, 0, 700_000, 1, 1_500_000, 3)
        parts = [bytes([n]) * size for n, size in enumerate(sizes)]
        await files.save("a", streamed(*parts))
        assert await files.read("a") == b"".join(parts)

    @rule("FILE-13", "a stream gives the file whole, in pieces of at most 1 MiB")
    async def stream_out(self, files: FileStorage) -> None:
        content = ALL_BYTES * 12_000
        await files.save("a", content)
        got = [piece async for piece in files.stream("a")]
        assert b"".join(got) == content
        assert max(map(len, got)) <= PART

    @rule("FILE-14", "offset and length choose bytes as a slice does; past the end there are none")
    async def ranges(self, files: FileStorage) -> None:
        await files.save("a", b"0123456789")
        for offset, length in itertools.product((0, 1, 9, 10, 11, 10**30), (None, 0, 1, 5, 10, 10**30)):
            wanted = b"0123456789"[offset : None if length is None else offset + length]
            where = f"offset={offset}, length={length}"
            assert await files.read("a", offset=offset, length=length) == wanted, where
            pieces = [piece async for piece in files.stream("a", offset=offset, length=length)]
            assert b"".join(pieces) == wanted, where

    @rule("FILE-15", "a range of a file that does not exist is FileMissing, even if it is empty", full=True)
    async def range_of_nothing(self, files: FileStorage) -> None:
        for offset, length in ((0, 0), (5, 1), (0, None)):
            with raised(FileMissing, f"offset={offset}, length={length}"):
                await files.read("nothing", offset=offset, length=length)

    @rule("FILE-16", "a stream that breaks off leaves no file, or the old one; its exception comes out")
    async def broken_stream(self, files: FileStorage) -> None:
        await files.save("old", b"old")
        for parts in ((), (b"x" * 10,), (b"x" * PART,) * 10):
            for path, overwrite in (("new", False), ("old", True), ("new", True)):
                with raised(ConnectionResetError):
                    await files.save(path, broken_off(*parts), overwrite=overwrite)
        assert [info.path async for info in files.list()] == ["old"]
        assert await files.read("old") == b"old"

    @rule("FILE-17", "a save that is cancelled leaves no file, or the old one, and nothing happens later")
    async def cancelled(self, files: FileStorage) -> None:
        await files.save("old", b"old")
        for path, turns in itertools.product(("new", "old"), (0, 1, 20)):
            saving = asyncio.create_task(files.save(path, endless(b"x" * 300_000), overwrite=True))
            for _ in range(turns):
                await asyncio.sleep(0.001)
            saving.cancel()
            await asyncio.wait({saving})
            assert saving.cancelled() is True
        await asyncio.sleep(0.05)
        assert [info.path async for info in files.list()] == ["old"]
        assert await files.read("old") == b"old"


def reading(files: FileStorage, path: str) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Return the calls that read a file, by name."""

    async def stream() -> list[bytes]:
        return [piece async for piece in files.stream(path)]

    return {
        "read": lambda: files.read(path),
        "stream": stream,
        "metadata": lambda: files.metadata(path),
        "copy": lambda: files.copy(path, "target"),
    }
