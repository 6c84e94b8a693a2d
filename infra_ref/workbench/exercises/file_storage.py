"""The exercises of the notebook on file storage, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from infra_ref.contract import raised, rule
from infra_ref.file_storage.arguments import CHUNK, pieces
from infra_ref.file_storage.contracts.examples import streamed
from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.errors import FileMissing, PathRefused
from infra_ref.file_storage.port import FileInfo
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

# A write that is whole or not at all


class PowerCutError(Exception):
    """The power has failed."""


class Disk:
    """Files by name. Each step is done at once, and may be the last before the power fails."""

    def __init__(self) -> None:
        self._files: dict[str, bytearray] = {}
        self._steps_left: float = float("inf")

    @property
    def files(self) -> Mapping[str, bytes]:
        """What is on it; it changes by steps alone."""
        return {name: bytes(content) for name, content in self._files.items()}

    def begin(self, files: Mapping[str, bytes], *, steps: int) -> None:
        """Begin anew with these files, and fail after so many steps."""
        self._files = {name: bytearray(content) for name, content in files.items()}
        self._steps_left = steps

    def append(self, name: str, piece: bytes) -> None:
        """Write at the end of a file, which begins empty."""
        self._step()
        self._files.setdefault(name, bytearray()).extend(piece)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name; a file that has that name already is replaced."""
        self._step()
        self._files[new] = self._files.pop(old)

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        self._step()
        self._files.pop(name, None)

    def _step(self) -> None:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise PowerCutError


class OnDisk:
    """A file storage on a `Disk`, but for `save`."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    async def read(self, path: str) -> bytes:
        """Return the content."""
        if path not in self.disk.files:
            raise FileMissing(path)
        return self.disk.files[path]

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Yield the content."""
        async for piece in pieces(await self.read(path)):
            yield piece

    async def exists(self, path: str) -> bool:
        """Return whether it is there."""
        return path in self.disk.files

    async def list(self) -> AsyncIterator[FileInfo]:
        """Yield all that is there."""
        for name in sorted(self.disk.files):
            yield FileInfo(name, len(self.disk.files[name]), datetime.now(UTC), "")


class WholeContract(FileStorageContract):
    """The contract, and two rules that need a disk."""

    @rule("WHOLE-01", "wherever the power fails, there is the old file or the new one")
    async def power_cut(self, files: Any) -> None:
        for steps in range(8):
            files.disk.begin({"a": b"old"}, steps=steps)
            with suppress(PowerCutError):
                await files.save("a", streamed(b"new ", b"content"), overwrite=True)
            assert files.disk.files.get("a") in (b"old", b"new content"), f"after {steps} steps"

    @rule("WHOLE-02", "of two that write at once, one is there, whole")
    async def two_writers(self, files: Any) -> None:
        saves = (files.save("a", streamed(b"1" * CHUNK, b"2" * CHUNK), overwrite=True) for _ in range(2))
        await asyncio.gather(*saves)
        assert list(files.disk.files) == ["a"]
        assert files.disk.files["a"] == b"1" * CHUNK + b"2" * CHUNK


def on_a_disk(kind: Callable[[Disk], Any]) -> Callable[[], Any]:
    """Return what makes a storage on a new disk."""
    return lambda: kind(Disk())


WHOLE = Exercise(
    id="file_storage/whole",
    title="Whole, or not at all",
    task="""
        Here the new content goes straight into the file. Repair it, so that whatever happens,
        there is the old file or the new one, whole. `self.disk` can `append(name, piece)`,
        `rename(old, new)`, which replaces, and `remove(name)`. Nothing else may be left on it,
        except after a power cut.
    """,
    makes="Whole",
    given="""
        import secrets
        from infra_ref.file_storage.arguments import CHUNK, pieces
        from infra_ref.workbench.exercises.file_storage import OnDisk
    """,
    frame="""
        class Whole(OnDisk):
            async def save(self, path, content, *, overwrite=False):
                ____
    """,
    blank="""
        self.disk.remove(path)
        async for piece in pieces(content):
            self.disk.append(path, piece)
    """,
    solution="""
        partial = f"{path}.{secrets.token_hex(8)}"
        try:
            self.disk.append(partial, b"")
            async for piece in pieces(content):
                self.disk.append(partial, piece)
            self.disk.rename(partial, path)
        except BaseException:
            self.disk.remove(partial)
            raise
    """,
    wrong=(
        Wrong(
            "one name for all writers",
            """
            partial = f"{path}.partial"
            try:
                self.disk.append(partial, b"")
                async for piece in pieces(content):
                    self.disk.append(partial, piece)
                self.disk.rename(partial, path)
            except BaseException:
                self.disk.remove(partial)
                raise
            """,
            breaks=("WHOLE-02",),
            feedback="""
                Two writers at once append to the same unfinished file. Each needs a name of its own:
                `secrets.token_hex(8)`.
            """,
        ),
        Wrong(
            "the unfinished file stays",
            """
            partial = f"{path}.{secrets.token_hex(8)}"
            self.disk.append(partial, b"")
            async for piece in pieces(content):
                self.disk.append(partial, piece)
            self.disk.rename(partial, path)
            """,
            breaks=("FILE-16", "FILE-17"),
            feedback="""
                When the stream breaks off, what was written so far stays for ever, and is listed.
                Remove it in an `except BaseException:` (a cancellation is one), and raise again.
            """,
        ),
        Wrong(
            "a cancelled save leaves its file",
            """
            partial = f"{path}.{secrets.token_hex(8)}"
            try:
                self.disk.append(partial, b"")
                async for piece in pieces(content):
                    self.disk.append(partial, piece)
                self.disk.rename(partial, path)
            except Exception:
                self.disk.remove(partial)
                raise
            """,
            breaks=("FILE-17",),
            feedback="A `CancelledError` is no `Exception`: write `except BaseException:`, and raise again.",
        ),
        Wrong(
            "gathered first, then written in place",
            """
            whole = b"".join([piece async for piece in pieces(content)])
            self.disk.remove(path)
            self.disk.append(path, whole)
            """,
            breaks=("WHOLE-01",),
            feedback="""
                It takes as much memory as the file is large, and between the two last lines the
                power can fail. Only `rename` puts a whole file in the place of another.
            """,
        ),
    ),
    hints=(
        "Write under another name. A name that nobody else has.",
        "`self.disk.rename(partial, path)` is the last step, and the only one on `path`.",
        "An empty stream yields nothing: begin with `self.disk.append(partial, b'')`.",
    ),
    notice="""
        `local_folder.py` does this in `writing`, with two things more: content is on the disk (`fsync`)
        before it gets its name, and what a killed process leaves the next write removes.
    """,
    contract=WholeContract,
    only=("FILE-01", "FILE-02", "FILE-12", "FILE-16", "FILE-17", "FILE-18", "WHOLE-01", "WHOLE-02"),
    bench=on_a_disk,
)

# A path that comes from outside

ROOT = PurePosixPath("/shop/files")


def refuses(place: Any, *paths: str) -> None:
    """Try paths that are refused."""
    for path in paths:
        with raised(PathRefused, repr(path)) as errors:
            place(ROOT, path)
        assert errors[0].path == path


async def is_below(place: Any) -> None:
    """Try plain paths."""
    for path in ("a.txt", "invoices/2026/7.pdf"):
        assert place(ROOT, path) == ROOT / path


async def does_not_climb(place: Any) -> None:
    """Try to climb."""
    refuses(place, "..", "../files-of-others/a", "a/../../b", "a/../b", "a/..", ".", "a/./b", "./a", "a/.")


async def is_relative(place: Any) -> None:
    """Try empty names."""
    refuses(place, "", "/", "/etc/passwd", "//a", "a//b", "a/")


async def is_the_same_everywhere(place: Any) -> None:
    """Try what means something else elsewhere."""
    refuses(place, "..\\a", "a\\b", "a\0.png", *(f"a{chr(sign)}" for sign in range(32)))


async def takes_the_rest(place: Any) -> None:
    """Try what only looks dangerous."""
    for path in ("..a", "a..b", "...", ".hidden", "a../b", "a./b", "%2e%2e", "Übersicht/1 (2).pdf"):
        assert place(ROOT, path) == ROOT / path


PLACE = Exercise(
    id="file_storage/place",
    title="A path that stays inside",
    task=r"""
        Return where the file of this path is below `root`. Raise `PathRefused(path, "why")` for a
        path that has an empty name, `.` or `..` between its slashes, or anywhere a backslash or a
        control character (`\x00` to `\x1f`). Look at the text; ask no disk.
    """,
    makes="place",
    given="""
        import re
        from infra_ref.file_storage.errors import PathRefused
    """,
    frame="""
        def place(root, path):
            ____
    """,
    blank="return root / path",
    solution=r"""
        if {"", ".", ".."} & set(path.split("/")) or re.search(r"[\x00-\x1f\\]", path):
            raise PathRefused(path, "write names with one / between them")
        return root / path
    """,
    wrong=(
        Wrong(
            "two dots anywhere",
            r"""
            if ".." in path or "" in path.split("/") or re.search(r"[\x00-\x1f\\]", path):
                raise PathRefused(path, "write names with one / between them")
            return root / path
            """,
            breaks=("TWO", "FIVE"),
            feedback="""
                `a..b` is a name like any other, and a single `.` is not: it makes two paths for one
                file. Split at `/` and look at the names.
            """,
        ),
        Wrong(
            "only what climbs",
            """
            if ".." in path.split("/"):
                raise PathRefused(path, "it climbs")
            return root / path
            """,
            breaks=("TWO", "THREE", "FOUR"),
            feedback="""
                `root / "/etc/passwd"` is `/etc/passwd`: what is absolute replaces all before it. It
                splits into an empty name and the others.
            """,
        ),
        Wrong(
            "the two dots at the end",
            r"""
            path_in = f"/{path}"
            if "/../" in path_in or "/./" in path_in or "//" in path_in or path in (".", ".."):
                raise PathRefused(path, "write names with one / between them")
            if path.endswith("/") or path_in == "/" or re.search(r"[\x00-\x1f\\]", path):
                raise PathRefused(path, "write names with one / between them")
            return root / path
            """,
            breaks=("TWO",),
            feedback="`a/..` climbs too, and no slash comes after it. Split at `/`, and look at the names.",
        ),
        Wrong(
            "three signs",
            r"""
            bad = any(sign in path for sign in "\\\0\n")
            if bad or {"", ".", ".."} & set(path.split("/")):
                raise PathRefused(path, "write names with one / between them")
            return root / path
            """,
            breaks=("FOUR",),
            feedback=r"A tab, a carriage return, an escape: all from `\x00` to `\x1f`, wherever they are.",
        ),
        Wrong(
            "slashes of one kind",
            """
            if {"", ".", ".."} & set(path.split("/")):
                raise PathRefused(path, "write names with one / between them")
            return root / path
            """,
            breaks=("FOUR",),
            feedback=r"""
                On Windows a backslash separates names too, and a NUL ends a path in C: `a\0.png` passes
                as an image and opens `a`. Refuse them everywhere, and a path means the same everywhere.
            """,
        ),
    ),
    hints=(
        "Split at `/`, and look at the names one by one.",
        "An absolute path, a double slash and one at the end have something in common: an empty name.",
    ),
    notice="""
        `path_problem` in `arguments.py` refuses some more: device names of Windows, names that end in a dot
        or a space, and what is too long for some disk. What text cannot show are links: `local_folder.py`
        opens one folder after the other with O_NOFOLLOW.
    """,
    checks=(
        Check("ONE", "a path is below the root", is_below),
        Check("TWO", "a path does not climb", does_not_climb),
        Check("THREE", "a path is not absolute, and has no empty name", is_relative),
        Check("FOUR", "a backslash or a control character is refused", is_the_same_everywhere),
        Check("FIVE", "what only looks dangerous is a file like any other", takes_the_rest),
    ),
)

# One winner


class PreconditionFailedError(Exception):
    """The condition does not hold: HTTP 412."""


class Bucket:
    """Objects by path, behind a network: every call lets others run."""

    def __init__(self) -> None:
        self.is_up = True
        self._objects: dict[str, tuple[bytes, str]] = {}
        self._etags = map(str, count(1))

    @property
    def objects(self) -> Mapping[str, tuple[bytes, str]]:
        """Contents and etags; they change by calls alone."""
        return MappingProxyType(self._objects)

    async def head(self, path: str) -> str | None:
        """Return the etag, None where there is nothing."""
        await self._reach()
        return self.objects.get(path, (b"", None))[1]

    async def put(self, path: str, content: bytes, *, if_none_match: str = "", if_match: str = "") -> None:
        """Write, on condition that nothing is there ("*"), or that this etag is; else raise."""
        await self._reach()
        there = self._objects.get(path, (b"", None))[1]
        if (if_none_match and there) or (if_match and there != if_match):
            raise PreconditionFailedError
        self._objects[path] = content, next(self._etags)

    async def delete(self, path: str) -> None:
        """Remove it, if it is there."""
        await self._reach()
        self._objects.pop(path, None)

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if not self.is_up:
            raise ConnectionError("the bucket cannot be reached")


class InBucket:
    """A file storage in a `Bucket`, but for `save`."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    async def read(self, path: str) -> bytes:
        """Return the content."""
        if path not in self.bucket.objects:
            raise FileMissing(path)
        return self.bucket.objects[path][0]

    async def metadata(self, path: str) -> FileInfo:
        """Return size and etag."""
        content, etag = self.bucket.objects[path]
        return FileInfo(path, len(content), datetime.now(UTC), etag)

    async def exists(self, path: str) -> bool:
        """Return whether it is there."""
        return path in self.bucket.objects

    async def delete(self, path: str) -> None:
        """Remove it."""
        await self.bucket.delete(path)


class ConditionsContract(FileStorageContract):
    """The contract, and two rules that need a bucket."""

    @rule("WINNER-01", "who overwrites whatever is there never loses, and the file is there all the time")
    async def always_there(self, files: Any) -> None:
        await files.save("a", b"old")
        saves = [asyncio.create_task(files.save("a", b"new", overwrite=True)) for _ in range(3)]
        while not all(one.done() for one in saves):
            await asyncio.sleep(0)
            assert await files.exists("a")
        await asyncio.gather(*saves)

    @rule("WINNER-02", "a bucket that cannot be reached is not a lost race")
    async def bucket_away(self, files: Any) -> None:
        files.bucket.is_up = False
        for overwrite in (False, "1"):
            with raised(ConnectionError):
                await files.save("a", b"new", overwrite=overwrite)


def in_a_bucket(kind: Callable[[Bucket], Any]) -> Callable[[], Any]:
    """Return what makes a storage on a new bucket."""
    return lambda: kind(Bucket())


WINNER = Exercise(
    id="file_storage/winner",
    title="One winner",
    task="""
        `overwrite` is False, True or an etag. Write with `await self.bucket.put(path, content)`,
        which takes `if_none_match="*"` (only where there is nothing) or `if_match=etag` (only over
        that version), and raises PreconditionFailedError. Raise `FileExists(path)` where False was
        asked and there is a file, `FileChanged(path)` where the etag is no longer that of the file.
    """,
    makes="Conditional",
    given="""
        from infra_ref.file_storage.errors import FileChanged, FileExists
        from infra_ref.workbench.exercises.file_storage import (
            InBucket,
            PreconditionFailedError,
        )
    """,
    frame="""
        class Conditional(InBucket):
            async def save(self, path, content, *, overwrite=False):
                ____
    """,
    blank="await self.bucket.put(path, content)",
    solution="""
        condition, error = {"if_match": overwrite}, FileChanged(path)
        if overwrite is False:
            condition, error = {"if_none_match": "*"}, FileExists(path)
        elif overwrite is True:
            condition = {}
        try:
            await self.bucket.put(path, content, **condition)
        except PreconditionFailedError as refused:
            raise error from refused
    """,
    wrong=(
        Wrong(
            "looks, then writes",
            """
            there = await self.bucket.head(path)
            if overwrite is False and there:
                raise FileExists(path)
            if isinstance(overwrite, str) and there != overwrite:
                raise FileChanged(path)
            await self.bucket.put(path, content)
            """,
            breaks=("FILE-20", "FILE-21"),
            feedback="""
                Between `head` and `put` others write. All 50 see that nothing is there. Only the store
                can look and write in one step: give the condition to `put`.
            """,
        ),
        Wrong(
            "one error for both",
            """
            condition = {"if_match": overwrite}
            if overwrite is True:
                condition = {}
            if overwrite is False:
                condition = {"if_none_match": "*"}
            try:
                await self.bucket.put(path, content, **condition)
            except PreconditionFailedError as refused:
                raise FileExists(path) from refused
            """,
            breaks=("FILE-07", "FILE-21"),
            feedback="""
                Who created a file that is there does something else than who changed an old version:
                the second reads it again. Raise FileChanged for an etag.
            """,
        ),
        Wrong(
            "an etag is true",
            """
            condition = {} if overwrite else {"if_none_match": "*"}
            try:
                await self.bucket.put(path, content, **condition)
            except PreconditionFailedError as refused:
                raise FileExists(path) from refused
            """,
            breaks=("FILE-07", "FILE-21"),
            feedback="An etag is true too, so every version is overwritten. Ask `overwrite is True`.",
        ),
        Wrong(
            "any error is a lost race",
            """
            condition, error = {"if_match": overwrite}, FileChanged(path)
            if overwrite is False:
                condition, error = {"if_none_match": "*"}, FileExists(path)
            elif overwrite is True:
                condition = {}
            try:
                await self.bucket.put(path, content, **condition)
            except Exception as refused:
                raise error from refused
            """,
            breaks=("WINNER-02",),
            feedback="""
                When the bucket is away, nobody has created the file: who believes it drops the upload.
                Catch PreconditionFailedError alone.
            """,
        ),
        Wrong(
            "removed first",
            """
            condition, error = {"if_match": overwrite}, FileChanged(path)
            if overwrite is not True:
                if overwrite is False:
                    condition, error = {"if_none_match": "*"}, FileExists(path)
            else:
                condition = {}
                await self.bucket.delete(path)
            try:
                await self.bucket.put(path, content, **condition)
            except PreconditionFailedError as refused:
                raise error from refused
            """,
            breaks=("WINNER-01",),
            feedback="Between `delete` and `put` a reader finds nothing. `put` alone overwrites.",
        ),
    ),
    hints=(
        "Do not look first: what you see may have changed when you write.",
        "Three cases, three conditions: none, `if_none_match='*'`, `if_match=overwrite`.",
    ),
    notice="""
        S3 answers a condition also with 409, when others write at the same moment: that says nothing of the
        condition, and is tried again. And there are stores that ignore conditions: `obstore_probe.py` asks.
    """,
    contract=ConditionsContract,
    only=("FILE-05", "FILE-06", "FILE-07", "FILE-20", "FILE-21", "WINNER-01", "WINNER-02"),
    bench=in_a_bucket,
)
