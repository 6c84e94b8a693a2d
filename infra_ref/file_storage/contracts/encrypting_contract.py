"""What a file storage promises, besides being one, that keeps content from the eyes of its store."""

from __future__ import annotations

from typing import Any

from infra_ref.contract import Contract, raised, rule, tool
from infra_ref.file_storage.errors import FileDamaged
from infra_ref.file_storage.port import FileStorage

SECRET = b"swordfish"
LARGE = SECRET * 100_000


class EncryptingFilesContract(Contract):
    """Subclass it beside the contract of file storages."""

    port = FileStorage
    inner: Any = tool("the storage inside")
    rotated: Any = tool("a function that returns a storage on the same one, with a newer key in front")
    part: Any = tool("how many bytes a sealed part has in the store, but for the last")
    stranger: Any = tool("a function that returns a storage on the same one, with another key")

    @rule("HIDDEN-01", "the store never sees content")
    async def hides(self, files: FileStorage, inner: Any) -> None:
        await files.save("a", LARGE)
        assert SECRET not in await inner.read("a")
        assert await files.read("a") == LARGE

    @rule("HIDDEN-02", "a file that was moved to another path is damaged")
    async def moved(self, files: FileStorage, inner: Any) -> None:
        await files.save("a", SECRET)
        await inner.copy("a", "b")
        with raised(FileDamaged):
            await files.read("b")

    @rule("HIDDEN-03", "a file that was changed, cut off, or written by another is damaged")
    async def changed(self, files: FileStorage, inner: Any) -> None:
        await files.save("a", LARGE)
        sealed = await inner.read("a")
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        for content in (changed, sealed[:-1], sealed + b"0", sealed[: len(sealed) // 2], b"plain", b""):
            await inner.save("a", content, overwrite=True)
            with raised(FileDamaged, f"{len(content)} of {len(sealed)} bytes"):
                await files.read("a")

    @rule("HIDDEN-04", "a part that was left out, put elsewhere, or taken from another version is damaged")
    async def parts(self, files: FileStorage, inner: Any, part: int) -> None:
        versions = []
        for _ in range(2):
            await files.save("a", LARGE, overwrite=True)
            versions.append(await inner.read("a"))
        old, new = versions
        first, second, rest = old[:part], old[part : 2 * part], old[2 * part :]
        for content in (first + second, second + first + rest, second + rest, first + new[part:]):
            await inner.save("a", content, overwrite=True)
            with raised(FileDamaged):
                await files.read("a")

    @rule("HIDDEN-05", "with another key, every file is damaged")
    async def strange(self, files: FileStorage, stranger: Any) -> None:
        await files.save("a", SECRET)
        with raised(FileDamaged):
            await stranger().read("a")

    @rule("HIDDEN-06", "after a rotation, old files are read")
    async def rotates(self, files: FileStorage, rotated: Any) -> None:
        await files.save("a", SECRET)
        assert await rotated().read("a") == SECRET
