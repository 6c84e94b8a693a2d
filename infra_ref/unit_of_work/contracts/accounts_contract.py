"""What all rules of a unit of work share: accounts, what is published of them, and the test bench's tools."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from infra_ref.contract import Contract, tool
from infra_ref.events import DomainEvent
from infra_ref.repository.mapper_port import Schema
from infra_ref.unit_of_work.port import MakeUnit, UnitOfWork


@dataclass
class Account:
    """An entity that says what has happened to it."""

    id: str
    owner: str | None = None
    balance: int = 0
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list[DomainEvent], compare=False, repr=False)

    def pay(self, amount: int) -> None:
        """Take the amount off."""
        self.balance -= amount
        self.events.append(DomainEvent(type="account.paid", subject=self.id, data={"amount": amount}))


@dataclass
class Transfer:
    """An entity that refers to another."""

    id: str
    account_id: str
    amount: int = 0
    version: int = 0


ACCOUNT = Schema(Account, unique=("owner",), unstored=("events",))
TRANSFER = Schema(Transfer, references={"account_id": Account})


class AccountsContract(Contract):
    """The base of the rules: units of accounts and transfers, which publish to `published`."""

    statements: Callable[[], int] = tool("a count of the statements that its store was sent so far")
    in_use: Callable[[], int] = tool("a count of the connections that are out of the pool")
    fail_to_read: Callable[[UnitOfWork], Awaitable[object]] = tool("a read in a unit that its store refuses")
    cut_off: MakeUnit = tool("units whose connection is cut after the commit was sent, before its answer")

    @cached_property
    def published(self) -> list[DomainEvent]:
        """What was published so far."""
        return []

    async def publish(self, events: Sequence[DomainEvent]) -> None:
        """Take what a unit publishes; fails for the account `dumb`."""
        if any(event.subject == "dumb" for event in events):
            raise ConnectionError("nobody listens")
        self.published.extend(events)


async def stored(make_unit: MakeUnit, *accounts: Account) -> list[Account]:
    """Store accounts, for a rule to begin with."""
    async with make_unit() as unit:
        (await unit.repository(Account).create_many(accounts)).unwrap()
        (await unit.commit()).unwrap()
    return list(accounts)


async def seen(make_unit: MakeUnit) -> dict[str, int]:
    """Return the balances that a fresh unit sees, from a task of its own."""

    async def look() -> dict[str, int]:
        async with make_unit() as unit:
            accounts = (await unit.repository(Account).get_all()).unwrap()
            return {one.id: one.balance for one in accounts}

    return await asyncio.create_task(look())


async def get(unit: UnitOfWork, key: str) -> Account:
    """Return the account, which must be there."""
    account: Account | None = (await unit.repository(Account).get_by_id(key)).unwrap()
    assert account is not None
    return account
