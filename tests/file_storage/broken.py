"""For every rule of `FileStorageContract`, a storage that breaks just that one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from infra_ref.file_storage.arguments import check_version, checked_path
from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.errors import FileMissing
from infra_ref.file_storage.local_file_storage import LocalFileStorage
from infra_ref.file_storage.memory_file_storage import MemoryFileStorage


class Model(MemoryFileStorage):
    """Keeps every rule; those that are broken change one thing. Instances share what `another` needs."""

    lacks = {"link": "memory has no links"}  # noqa: RUF012

    async def presign(self, path: str, *, seconds: float) -> str:
        if not seconds >= 1:
            raise ValueError(seconds)
        return f"model:{checked_path(path)}"

    async def _info(self, path: str, **changes: Any) -> None:
        content, info = self._files[path]
        self._files[path] = content, replace(info, **changes)


class ModelBench(FileStorageContract):
    kind: Any = Model

    async def make(self) -> Model:
        self.model = self.kind()
        return self.model

    async def another(self) -> Any:
        other = self.kind()
        other._files, other._versions = self.model._files, self.model._versions
        return other

    async def fetch(self, url: str) -> bytes:
        return await self.model.read(url.removeprefix("model:"))


BROKEN: dict[str, type] = {}
K = TypeVar("K", bound=type)


def breaks(number: str) -> Callable[[K], K]:
    def note(kind: K) -> K:
        BROKEN[number] = kind
        return kind

    return note


@breaks("FILE-01")
class EndsAtZero(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        if isinstance(content, bytes) and len(content) == 256:
            content = content.partition(b"\xff")[0]
        await super().save(path, content, overwrite=overwrite)


@breaks("FILE-02")
class EmptyIsNothing(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        await super().save(path, content, overwrite=overwrite)
        if path.startswith("empty"):
            del self._files[path]


@breaks("FILE-03")
class MissingIsEmpty(Model):
    async def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> Any:
        if path == "folder":
            return
        async for piece in super().stream(path, offset=offset, length=length):
            yield piece


@breaks("FILE-04")
class FolderExists(Model):
    async def exists(self, path: str) -> bool:
        return await super().exists(path) or path == "folder"


@breaks("FILE-05")
class OverwritesWithNothing(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        await super().save(path, content, overwrite=overwrite or content == b"" or overwrite)


@breaks("FILE-06")
class NeedsAFileToOverwrite(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        if overwrite is True and content == b"first, and long" and path not in self._files:
            raise FileMissing(path)
        await super().save(path, content, overwrite=overwrite)


@breaks("FILE-07")
class MakesWhatIsGone(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        gone = isinstance(overwrite, str) and overwrite and path not in self._files
        await super().save(path, content, overwrite=not gone and overwrite)


@breaks("FILE-08")
class CopyOverwrites(Model):
    async def copy(self, source: str, target: str, *, overwrite: Any = False) -> None:
        await super().copy(
            source, target, overwrite=overwrite or (source != target and target in self._files)
        )


@breaks("FILE-09")
class CopyIsALink(Model):
    async def copy(self, source: str, target: str, *, overwrite: Any = False) -> None:
        await super().copy(source, target, overwrite=overwrite)
        if target == "b/c":
            self._linked = source

    async def delete(self, path: str) -> None:
        await super().delete(path)
        if path == getattr(self, "_linked", ""):
            await super().delete("b/c")


@breaks("FILE-10")
class CopyToItselfIsEmpty(Model):
    async def copy(self, source: str, target: str, *, overwrite: Any = False) -> None:
        await super().copy(source, target, overwrite=overwrite)
        if source == target:
            await self.save(target, b"", overwrite=True)


@breaks("FILE-11")
class DeleteMisses(Model):
    async def delete(self, path: str) -> None:
        if path == "nothing/at/all":
            raise FileMissing(path)
        await super().delete(path)


@breaks("FILE-12")
class EndsAtAnEmptyPiece(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        async def until_empty() -> AsyncIterator[bytes]:
            first = True
            async for piece in content:
                if not piece and not first:
                    return
                first = False
                yield piece

        streams = not isinstance(content, bytes) and hasattr(content, "__aiter__")
        await super().save(path, until_empty() if streams else content, overwrite=overwrite)


@breaks("FILE-13")
class AllInOnePiece(Model):
    async def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> Any:
        if content := await self.read(path, offset=offset, length=length):
            await asyncio.sleep(0)
            yield content


@breaks("FILE-14")
class PastTheEndIsMissing(Model):
    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        content = await super().read(path, offset=offset, length=length)
        if offset == 10**30:
            raise FileMissing(path)
        return content


@breaks("FILE-15")
class NothingOfNothing(Model):
    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        return b"" if length == 0 else await super().read(path, offset=offset, length=length)


@breaks("FILE-16")
class KeepsWhatCame(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        try:
            await super().save(path, content, overwrite=overwrite)
        except ConnectionResetError:
            await super().save(path, b"half", overwrite=overwrite)
            raise


@breaks("FILE-17")
class KeepsWhatCameBeforeCancellation(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        try:
            await super().save(path, content, overwrite=overwrite)
        except asyncio.CancelledError:
            await super().save(path, b"half", overwrite=overwrite)
            raise


@breaks("FILE-18")
class WritesInPlace(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        if overwrite is True and path in self._files and not isinstance(content, bytes):
            written = b""
            async for piece in content:
                written += piece
                if len(piece) == 100_000:
                    await super().save(path, written, overwrite=True)
                    await asyncio.sleep(0.01)
            content = written
        await super().save(path, content, overwrite=overwrite)


@breaks("FILE-19")
class ReadsAgain(Model):
    async def stream(self, path: str, *, offset: int = 0, length: int | None = None) -> Any:
        whole = await self.read(path, offset=offset, length=length)
        if not whole.startswith(b"ooo"):
            async for piece in super().stream(path, offset=offset, length=length):
                yield piece
            return
        for start in range(0, len(whole), 1 << 20):
            yield (await self.read(path, offset=offset, length=length))[start : start + (1 << 20)]


class Racing(Model):
    """Looks, lets others run, and writes."""

    races: Any

    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        if isinstance(content, bytes) and self.races(path, content, overwrite):
            there = self._files[path][1].etag if path in self._files else None
            check_version(path, there, overwrite)
            await asyncio.sleep(0)
            overwrite = True
        await super().save(path, content, overwrite=overwrite)


@breaks("FILE-20")
class RacesToCreate(Racing):
    def races(self, path: str, content: bytes, overwrite: Any) -> bool:
        return path == "a" and content.isdigit() and overwrite is False and "shared" not in self._files


@breaks("FILE-21")
class RacesToReplace(Racing):
    def races(self, path: str, content: bytes, overwrite: Any) -> bool:
        return content.isdigit() and isinstance(overwrite, str) and bool(overwrite)


@breaks("FILE-22")
class RacesAcross(Racing):
    def races(self, path: str, content: bytes, overwrite: Any) -> bool:
        return path == "a" and content.isdigit() and overwrite is False and "shared" in self._files


@breaks("FILE-23")
class TakesDevices(Model):
    async def delete(self, path: str) -> None:
        if path != "con":
            await super().delete(path)


@breaks("FILE-24")
class KnowsNoCase(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        await super().save(
            "in/a" if path == "in/A" else path, content, overwrite=overwrite or path == "in/A" or overwrite
        )


@breaks("FILE-26")
class FolderAndFile(Model):
    def _check_place(self, path: str) -> None:
        if path != "a":
            super()._check_place(path)


@breaks("FILE-27")
class ListsSiblings(Model):
    async def list(self, folder: str = "", *, after: str = "") -> Any:
        async for info in super().list(folder, after=after):
            yield info
        if folder == "b":
            yield (await self.metadata("bb/1"))


@breaks("FILE-28")
class RepeatsTheLast(Model):
    async def list(self, folder: str = "", *, after: str = "") -> Any:
        if after in self._files:
            yield (await self.metadata(after))
        async for info in super().list(folder, after=after):
            yield info


@breaks("FILE-29")
class OnePage(Model):
    async def list(self, folder: str = "", *, after: str = "") -> Any:
        count = 0
        async for info in super().list(folder, after=after):
            if (count := count + 1) > 1000:
                return
            yield info


@breaks("FILE-30")
class ListsOtherTimes(Model):
    async def list(self, folder: str = "", *, after: str = "") -> Any:
        async for info in super().list(folder, after=after):
            yield replace(info, modified=info.modified + timedelta(seconds=1))


@breaks("FILE-31")
class EtagIsTheSize(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        await super().save(path, content, overwrite=overwrite)
        if isinstance(content, bytes) and len(content) == 3 and content.isdigit():
            await self._info(path, etag=str(len(content)))


@breaks("FILE-32")
class TakesText(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        await super().save(
            path, content.encode() if isinstance(content, str) else content, overwrite=overwrite
        )


@breaks("FILE-33")
class SignsForEver(Model):
    async def presign(self, path: str, *, seconds: float) -> str:
        return f"model:{checked_path(path)}"


@breaks("FILE-34")
class LargeOverwrites(Model):
    async def save(self, path: str, content: Any, *, overwrite: Any = False) -> None:
        if streams := hasattr(content, "__aiter__"):
            content = b"".join([piece async for piece in content])
        await super().save(
            path, content, overwrite=overwrite or (streams and len(content) > 10_000_000) or overwrite
        )


class FollowsLinks(LocalFileStorage):
    """Breaks FILE-25: it looks whether a path begins with the root, and nothing more."""

    def __init__(self, root: Any) -> None:
        super().__init__(root)
        self._root = Path(root)

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
        if "link" in path and (self._root / path).is_file():
            return (self._root / path).read_bytes()[offset : None if length is None else offset + length]
        return await super().read(path, offset=offset, length=length)
