"""`ObstoreFileStorage` on a server that speaks S3, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.file_storage.obstore_file_storage import ObstoreFileStorage
from infra_ref.file_storage.obstore_probe import honoured_conditions
from tests.file_storage.s3 import S3

MIB = 1024 * 1024


class TestS3(FileStorageContract):
    @pytest.fixture(autouse=True)
    def _at(self, s3: S3) -> None:
        self.s3 = s3

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[ObstoreFileStorage]:
        self.bucket = self.s3.bucket()
        yield await self.another()
        assert self.s3.uploads(self.bucket) == 0

    async def another(self) -> ObstoreFileStorage:
        store = self.s3.store(self.bucket)
        return ObstoreFileStorage(store, honours=await honoured_conditions(store))

    async def fetch(self, url: str) -> bytes:
        return await asyncio.to_thread(self.s3.get, url)
