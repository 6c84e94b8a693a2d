"""`EncryptingFileStorage` keeps every rule of a file storage, and hides what it keeps."""

from __future__ import annotations

import secrets
from typing import Any

from infra_ref.file_storage.contracts.encrypting_contract import EncryptingFilesContract
from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.decorators.encrypting_file_storage import PLAIN, EncryptingFileStorage
from infra_ref.file_storage.memory_file_storage import MemoryFileStorage
from infra_ref.security.aead_sealer import AeadSealer


class TestEncryptingMemory(FileStorageContract):
    def make(self) -> Any:
        return EncryptingFileStorage(MemoryFileStorage(), sealer=AeadSealer([secrets.token_bytes(32)]))


class TestHidesFiles(EncryptingFilesContract):
    sealer: Any = AeadSealer

    def make(self) -> Any:
        self.key = secrets.token_bytes(32)
        self.inner = MemoryFileStorage()
        return self._with(self.key)

    @property
    def part(self) -> int:
        return PLAIN + self._with(self.key)._added

    def rotated(self) -> Any:
        return self._with(secrets.token_bytes(32), self.key)

    def stranger(self) -> Any:
        return self._with(secrets.token_bytes(32))

    def _with(self, *keys: bytes) -> Any:
        return EncryptingFileStorage(self.inner, sealer=self.sealer(keys))
