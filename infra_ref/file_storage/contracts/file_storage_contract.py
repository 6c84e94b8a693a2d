"""What every `FileStorage` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from infra_ref.contract import raised, rule, tool
from infra_ref.file_storage.contracts.content_rules import ContentRules, reading
from infra_ref.file_storage.contracts.examples import (
    FINE_PATHS,
    PART,
    REFUSED_PATHS,
    streamed,
)
from infra_ref.file_storage.errors import (
    FileChanged,
    FileExists,
    FileMissing,
    PathRefused,
    StorageError,
)
from infra_ref.file_storage.port import FileStorage


class FileStorageContract(ContentRules):
    """The rules of a `FileStorage`. Subclass it, define `make`, and pytest checks them.

    An adapter on what has no folders lacks "folders".
    """

    port = FileStorage
    seconds_per_rule = 50.0  # FILE-29 makes 1,100 requests of a bucket

    another = tool("a second storage on the same place, as another process has it")
    fetch = tool("fetch(url): the bytes at a URL")
    link = tool("link(path): put a symbolic link there, to a folder elsewhere that holds the file 'secret'")

    @rule("FILE-18", "while a file is overwritten, each reader gets one version, whole")
    async def never_half(self, files: FileStorage) -> None:
        versions = [bytes([65 + n]) * (200_000 + n) for n in range(8)]
        await files.save("a", versions[0])

        async def write() -> None:
            for version in versions[1:]:
                await files.save("a", streamed(version[:100_000], version[100_000:]), overwrite=True)

        writing = asyncio.create_task(write())
        while not writing.done():
            await asyncio.sleep(0)
            assert await files.read("a") in versions
            assert b"".join([piece async for piece in files.stream("a")]) in versions
        await writing
        assert await files.read("a") == versions[-1]

    @rule("FILE-19", "a stream that has begun goes on with its version, whatever is written meanwhile")
    async def keeps_its_version(self, files: FileStorage) -> None:
        old = b"o" * (3 * PART)
        await files.save("a", old)
        reading = files.stream("a")
        first = await anext(reading)
        await files.save("a", b"n" * (3 * PART), overwrite=True)
        assert first + b"".join([piece async for piece in reading]) == old

    @rule("FILE-20", "of 50 who create one file at once, one does")
    async def one_creates(self, files: FileStorage) -> None:
        await self._one_wins(files, [files] * 50, overwrite=False, loses=FileExists)

    @rule("FILE-21", "of 50 who overwrite one version at once, one does")
    async def one_replaces(self, files: FileStorage) -> None:
        await files.save("a", b"old")
        etag = (await files.metadata("a")).etag
        await self._one_wins(files, [files] * 50, overwrite=etag, loses=FileChanged)

    @rule("FILE-22", "what one process saved the others see, and of all their creators one wins")
    async def across(self, files: FileStorage, another: Any) -> None:
        other: FileStorage = await another()
        await files.save("shared", b"x")
        assert await other.read("shared") == b"x"
        etag = (await other.metadata("shared")).etag
        await files.save("shared", b"y", overwrite=etag)
        with raised(FileChanged):
            await other.save("shared", b"z", overwrite=etag)
        await self._one_wins(files, [files, other] * 10, overwrite=False, loses=FileExists)

    @rule("FILE-23", "a path that climbs, is absolute, reserved or not the same everywhere is refused by all")
    async def refused_paths(self, files: FileStorage) -> None:
        await files.save("a", b"x")
        for path in REFUSED_PATHS:
            for name, call in (reading(files, path) | _writing(files, path)).items():
                with raised(PathRefused, f"{name} of {path[:40]!a}") as errors:
                    await call()
                assert (errors[0].path, errors[0].why != "") == (path, True), name
        assert [info.path async for info in files.list()] == ["a"]

    @rule("FILE-24", "any other text is a path, and of a file of its own")
    async def fine_paths(self, files: FileStorage) -> None:
        for path in FINE_PATHS:
            await files.save(f"in/{path}", path.encode())
        for path in FINE_PATHS:
            assert await files.read(f"in/{path}") == path.encode(), path[:40]
        assert {info.path for info in [one async for one in files.list("in")]} == {
            f"in/{path}" for path in FINE_PATHS
        }

    @rule("FILE-25", "what lies behind a symbolic link is neither read, written, removed nor listed")
    async def links(self, files: FileStorage, link: Any) -> None:
        await files.save("a/b", b"x")
        outside = await link("a/link")
        for path in ("a/link/secret", "a/link"):
            assert await files.exists(path) is False
            for name, call in reading(files, path).items():
                with raised(FileMissing, f"{name} of {path!r}"):
                    await call()
            for overwrite in (False, True):
                with raised(PathRefused, f"save to {path!r}"):
                    await files.save(path, b"new", overwrite=overwrite)
            await files.delete(path)
        assert [info.path async for info in files.list()] == ["a/b"]
        assert [info.path async for info in files.list("a/link")] == []
        assert await outside() == {"secret": b"secret"}

    @rule("FILE-26", "a path below a file, or of a folder, is refused", needs="folders", full=True)
    async def folders(self, files: FileStorage) -> None:
        await files.save("a/b", b"x")
        for path in ("a/b/c", "a/b/c/d", "a"):
            for overwrite in (False, True):
                with raised(PathRefused, f"{path!r}, overwrite={overwrite}"):
                    await files.save(path, b"y", overwrite=overwrite)
        await files.delete("a/b")
        await files.save("a", b"a file now that the folder is empty")

    @rule("FILE-27", "list gives the files below a folder, at any depth, in order, and no sibling's")
    async def lists(self, files: FileStorage) -> None:
        paths = ["a", "b.txt", "b/1", "b/2/3", "b/2-", "b0", "bb/1", "файл/1"]
        for path in paths[::-1]:
            await files.save(path, b"x")
        assert [info.path async for info in files.list()] == sorted(paths)
        assert [info.path async for info in files.list("b")] == ["b/1", "b/2-", "b/2/3"]
        assert [info.path async for info in files.list("файл")] == ["файл/1"]
        assert [info.path async for info in files.list("b.txt")] == []
        assert [info.path async for info in files.list("nothing")] == []

    @rule("FILE-28", "list goes on behind a path, so that pages join without gap or overlap")
    async def pages(self, files: FileStorage) -> None:
        paths = sorted(f"p/{n % 3}{'/' * (n % 2)}{n}" for n in range(20))
        for path in paths:
            await files.save(path, b"x")
        for start in (*paths, "p", "p/0/5x", "q"):
            behind = [path for path in paths if path > start]
            assert [info.path async for info in files.list("p", after=start)] == behind, start

    @rule("FILE-29", "a listing has no end before its last file", full=True)
    async def many(self, files: FileStorage) -> None:
        paths = [f"many/{n:04}" for n in range(1_100)]  # an S3 API gives 1,000 at a time
        for start in range(0, len(paths), 50):
            await asyncio.gather(*(files.save(path, b"x") for path in paths[start : start + 50]))
        assert [info.path async for info in files.list("many")] == paths

    @rule("FILE-30", "metadata tells path, size and time, and list tells the same")
    async def metadata(self, files: FileStorage) -> None:
        await files.save("a/b", b"12345")
        info = await files.metadata("a/b")
        assert (info.path, info.size) == ("a/b", 5)
        assert info.modified.tzinfo is not None
        assert abs(datetime.now(UTC) - info.modified) < timedelta(minutes=5)
        assert [one async for one in files.list()] == [info]

    @rule("FILE-31", "each version has an etag of its own, however fast one follows the other")
    async def etags(self, files: FileStorage) -> None:
        seen = set()
        for n in range(50):
            await files.save("a", f"{n:03}".encode(), overwrite=True)
            seen.add((await files.metadata("a")).etag)
        assert len(seen) == 50

    @rule(
        "FILE-32",
        "what is neither bytes nor a stream of them, and an overwrite that says nothing, is TypeError",
    )
    async def arguments(self, files: FileStorage) -> None:
        await files.save("a", b"old")
        bad: Any = (("text", True), (None, True), (7, True), (b"x", None), (b"x", ""), (b"x", 1))
        for content, overwrite in bad:
            with raised(TypeError, f"content {content!r}, overwrite={overwrite!r}"):
                await files.save("a", content, overwrite=overwrite)
        for call in (reading(files, 7) | _writing(files, 7)).values():  # type: ignore[arg-type]
            with raised(TypeError):
                await call()
        for numbers in ({"offset": -1}, {"length": -1}):
            with raised(ValueError):
                await files.read("a", **numbers)
        assert await files.read("a") == b"old"

    @rule(
        "FILE-33",
        "a presigned URL gives the file to anyone, and is no secret's hiding place",
        needs="presign",
    )
    async def presigned(self, files: FileStorage, fetch: Any) -> None:
        await files.save("a b/ü.txt", b"content")
        assert await fetch(await files.presign("a b/ü.txt", seconds=60)) == b"content"
        for seconds in (0, -1, 0.5, float("nan")):
            with raised(ValueError, f"seconds={seconds}"):
                await files.presign("a", seconds=seconds)

    @rule("FILE-34", "a file of many parts goes in and out whole, under every condition", full=True)
    async def large(self, files: FileStorage) -> None:
        parts = [bytes([n]) * PART for n in range(20)]
        await files.save("a", streamed(*parts))
        with raised(FileExists):
            await files.save("a", streamed(*parts[::-1]))
        seen = [piece async for piece in files.stream("a")]
        assert b"".join(seen) == b"".join(parts)
        await files.save("a", streamed(*parts[::-1]), overwrite=True)
        assert await files.read("a", offset=19 * PART - 1, length=2) == b"\x01\x00"

    async def _one_wins(
        self, files: FileStorage, writers: list[FileStorage], *, overwrite: Any, loses: type[StorageError]
    ) -> None:
        saves = [one.save("a", f"{n}".encode(), overwrite=overwrite) for n, one in enumerate(writers)]
        seen = await asyncio.gather(*saves, return_exceptions=True)
        winners = [n for n, outcome in enumerate(seen) if outcome is None]
        if len(winners) != 1 or {type(one) for one in seen} != {type(None), loses}:
            raise AssertionError(f"{len(winners)} won; the others: { {repr(one) for one in seen if one} }")
        if (content := await files.read("a")) != f"{winners[0]}".encode():
            raise AssertionError(f"{winners[0]} won, and there is {content!r}")


def _writing(files: FileStorage, path: str) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Return the other calls that take a path, by name."""
    return {
        "save": lambda: files.save(path, b"x"),
        "delete": lambda: files.delete(path),
        "exists": lambda: files.exists(path),
        "copy to": lambda: files.copy("a", path),
        "presign": lambda: files.presign(path, seconds=60),
    }
