"""`ObstoreFileStorage` keeps every rule of its contract in obstore's memory; try a bucket too."""

from __future__ import annotations

from typing import ClassVar

from obstore.store import MemoryStore

from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.obstore_file_storage import ObstoreFileStorage
from infra_ref.file_storage.obstore_probe import honoured_conditions


class TestObstoreFileStorageOnMemoryStore(FileStorageContract):
    lacks: ClassVar = {"presign": "memory has no address"}

    async def make(self) -> ObstoreFileStorage:
        self.store = MemoryStore()
        return await self.another()

    async def another(self) -> ObstoreFileStorage:
        return ObstoreFileStorage(self.store, honours=await honoured_conditions(self.store))
