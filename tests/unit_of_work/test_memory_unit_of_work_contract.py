"""`MemoryUnitOfWork` keeps every rule of a unit of work."""

from __future__ import annotations

from typing import Any, ClassVar

from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.unit_of_work.contracts.unit_of_work_contract import ACCOUNT, TRANSFER, UnitOfWorkContract
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork
from infra_ref.unit_of_work.port import MakeUnit


class TestMemoryUnits(UnitOfWorkContract):
    lacks: ClassVar = {
        "statements": "memory is sent no statements",
        "in_use": "memory has no connections",
        "cut_off": "memory has no connection to cut",
        "fail_to_read": "memory always answers",
    }

    async def make(self) -> MakeUnit:
        database = MemoryDatabase()
        mappers: list[Any] = [MemoryRepository(one, database) for one in (ACCOUNT, TRANSFER)]
        return lambda: MemoryUnitOfWork(database, mappers, publish=self.publish)
