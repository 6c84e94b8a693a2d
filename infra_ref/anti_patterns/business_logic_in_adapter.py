"""Business logic in an adapter: the rule holds behind one door, and there are two."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from infra_ref.repository.errors import WriteFailure
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.repository.port import Repository
from infra_ref.repository.schema import Schema
from infra_ref.result import Result

UNIT = "of 5 customers under 18 got in"
AGE = 18


@dataclass(frozen=True)
class Customer:
    """Who wants to register."""

    id: str
    age: int


class CustomerRepository(MemoryRepository[Customer, str]):
    """Keeps customers, and decides who may be one."""

    async def create(self, entity: Customer) -> Result[Customer, WriteFailure]:
        """Store a customer. Raises ValueError for one under 18."""
        if entity.age < 18:
            raise ValueError("a customer is 18 or older")
        return await super().create(entity)


class ImportedCustomerRepository(MemoryRepository[Customer, str]):
    """Keeps customers: the other adapter, written a year later by someone else."""


Customers = Repository[Customer, str]
Register = Callable[[Customers, Customer], Awaitable[None]]


async def bad(customers: Customers, customer: Customer) -> None:
    """Let a customer in, and rely on the repository to refuse."""
    (await customers.create(customer)).unwrap()


async def repaired(customers: Customers, customer: Customer) -> None:
    """Let a customer in who is old enough, whatever the repository. Raises ValueError."""
    if customer.age < AGE:
        raise ValueError("a customer is 18 or older")
    (await customers.create(customer)).unwrap()


async def measure(register: Register) -> int:
    """Return how many who are too young are stored by one of the two adapters."""
    stored: set[str] = set()
    for adapter in (CustomerRepository, ImportedCustomerRepository):
        customers = adapter(Schema(Customer, version=None))
        for n, age in enumerate([15, 16, 17, 17, 17]):
            try:
                await register(customers, Customer(f"c{n}", age))
            except ValueError:
                continue
        stored |= {one.id for one in (await customers.get_all()).unwrap()}
    return len(stored)
