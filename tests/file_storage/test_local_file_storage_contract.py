"""`LocalFileStorage` keeps every rule of its contract, in a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.local_file_storage import LocalFileStorage


class TestLocalFileStorage(FileStorageContract):
    kind = LocalFileStorage

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[LocalFileStorage]:
        with tempfile.TemporaryDirectory() as folder:
            self.outside, self.root = Path(folder, "outside"), Path(folder, "root")
            yield self.kind(self.root)
            assert self._unfinished() == []

    def _unfinished(self) -> list[Path]:
        return list((self.root / ".partial").glob("*"))

    async def another(self) -> LocalFileStorage:
        return LocalFileStorage(self.root)

    async def link(self, path: str) -> Callable[[], Awaitable[dict[str, bytes]]]:
        self.outside.mkdir()
        (self.outside / "secret").write_bytes(b"secret")
        (self.root / path).symlink_to(self.outside)

        async def outside() -> dict[str, bytes]:
            return {one.name: one.read_bytes() for one in self.outside.iterdir()}

        return outside
