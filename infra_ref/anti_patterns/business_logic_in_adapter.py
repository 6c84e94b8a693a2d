"""Business logic in an adapter: the rule holds behind one door, and there are two."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

UNIT = "of 5 customers under 18 got in"
AGE = 18


@dataclass(frozen=True)
class Customer:
    """Who wants to register."""

    id: str
    age: int


@dataclass
class SqlCustomerRepository:
    """Keeps customers, and decides who may be one."""

    kept: list[Customer] = field(default_factory=list[Customer])

    async def create(self, customer: Customer) -> None:
        """Store a customer. Raises ValueError for one under 18."""
        if customer.age < 18:
            raise ValueError("a customer is 18 or older")
        self.kept.append(customer)


@dataclass
class ImportedCustomerRepository:
    """Keeps customers: the other adapter, written a year later by someone else."""

    kept: list[Customer] = field(default_factory=list[Customer])

    async def create(self, customer: Customer) -> None:
        """Store a customer."""
        self.kept.append(customer)


class Customers(Protocol):
    """What registering needs."""

    async def create(self, customer: Customer) -> None:
        """Store a customer."""
        ...


Register = Callable[[Customers, Customer], Awaitable[None]]


async def bad(customers: Customers, customer: Customer) -> None:
    """Let a customer in, and rely on the repository to refuse."""
    await customers.create(customer)


async def repaired(customers: Customers, customer: Customer) -> None:
    """Let a customer in who is old enough, whatever the repository. Raises ValueError."""
    if customer.age < AGE:
        raise ValueError("a customer is 18 or older")
    await customers.create(customer)


async def measure(register: Register) -> int:
    """Return how many who are too young are stored by one of the two adapters."""
    adapters: list[Customers] = [SqlCustomerRepository(), ImportedCustomerRepository()]
    stored: list[Customer] = []
    for n, age in enumerate([15, 16, 17, 17, 17]):
        for adapter in adapters:
            try:
                await register(adapter, Customer(f"c{n}", age))
            except ValueError:
                continue
            stored.append(Customer(f"c{n}", age))
    return len({one.id for one in stored})
