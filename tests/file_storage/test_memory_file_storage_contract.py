"""`MemoryFileStorage` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.memory_file_storage import MemoryFileStorage


class TestMemoryFileStorage(FileStorageContract):
    make = MemoryFileStorage
