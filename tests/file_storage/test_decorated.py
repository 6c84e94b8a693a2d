"""File storages with decorators around them are file storages."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from infra_ref.contract import run
from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.decorators.encrypting_file_storage import EncryptingFileStorage
from infra_ref.file_storage.errors import FileMissing
from infra_ref.file_storage.local_file_storage import LocalFileStorage
from infra_ref.file_storage.memory_file_storage import MemoryFileStorage
from infra_ref.observability.decorators.monitored import monitored
from infra_ref.observability.memory_metrics import MemoryMetrics
from infra_ref.security.aead_sealer import AeadSealer


class TestMonitoredMemory(FileStorageContract):
    def make(self) -> Any:
        return monitored(MemoryFileStorage(), MemoryMetrics(), name="files")


class TestEncryptingFolder(FileStorageContract):
    lacks: ClassVar = {"link": "of the folder inside, and tried there"}

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[EncryptingFileStorage]:
        with tempfile.TemporaryDirectory() as self.root:
            self.sealer = AeadSealer([secrets.token_bytes(32)])
            yield await self.another()
            assert self._unfinished() == []

    def _unfinished(self) -> list[Path]:
        return list(Path(self.root, ".partial").glob("*"))

    async def another(self) -> EncryptingFileStorage:
        return EncryptingFileStorage(LocalFileStorage(self.root), sealer=self.sealer)


def test_calls_are_measured_with_the_error_that_they_ended_with() -> None:
    metrics = MemoryMetrics()
    files = monitored(MemoryFileStorage(), metrics, name="files")

    async def story() -> None:
        await files.save("a", b"x")
        assert [piece async for piece in files.stream("a")] == [b"x"]
        with pytest.raises(FileMissing):
            await files.read("nothing")

    run(story())
    assert metrics.counted("call_duration", port="files", outcome="ok") == 2
    assert metrics.counted("call_duration", method="read", error="file_missing") == 1
