"""What a unit tracks stays sound when one key has a long history."""

from __future__ import annotations

from collections.abc import Sequence

from infra_ref.contract import run
from infra_ref.events import DomainEvent
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.result import Ok
from infra_ref.unit_of_work.contracts.unit_of_work_contract import ACCOUNT, Account
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork

MANY = 2_000


def test_a_key_given_anew_thousands_of_times_tells_all_that_happened() -> None:
    published: list[DomainEvent] = []

    async def publish(events: Sequence[DomainEvent]) -> None:
        published.extend(events)

    async def work() -> None:
        database = MemoryDatabase()
        mappers = [MemoryQueryableRepository[Account, str](ACCOUNT, database)]
        async with MemoryUnitOfWork(database, mappers, publish=publish) as unit:
            accounts = unit.repository(Account)
            for amount in range(MANY):
                account = Account("a")
                account.pay(amount)
                await accounts.create(account)
                await accounts.delete("a")
            assert await unit.commit() == Ok(None)

    run(work())
    assert [event.data["amount"] for event in published] == list(range(MANY))
