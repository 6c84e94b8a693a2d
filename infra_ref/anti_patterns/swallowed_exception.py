"""A swallowed exception: "not known" becomes "nothing", and nothing is shown as true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from infra_ref.failures import Refused
from infra_ref.repository.errors import ReadFailure, Unavailable
from infra_ref.repository.memory_database import MemoryDatabase, Tables
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.repository.schema import Schema
from infra_ref.result import Ok, Result

UNIT = "of 10 customers saw a wrong balance"
R = TypeVar("R")


@dataclass(frozen=True)
class Account:
    """What a customer has, in cents."""

    id: str
    cents: int


class Bank(MemoryDatabase):
    """A store that can be `away`."""

    away = False

    async def read(self, doing: str, work: Callable[[Tables], R]) -> R:
        """Return what `work` returns. Raises Refused while the store is away."""
        self._ask(doing)
        return await super().read(doing, work)

    async def write(self, doing: str, work: Callable[[Tables], R]) -> R:
        """Return what `work` returns. Raises Refused while the store is away."""
        self._ask(doing)
        return await super().write(doing, work)

    def _ask(self, doing: str) -> None:
        if self.away:
            raise Refused(Unavailable(doing, cause=ConnectionResetError()))


class QuietAccounts(MemoryRepository[Account, str]):
    """Accounts, and none where something goes wrong."""

    async def get_by_id(self, key: str) -> Result[Account | None, ReadFailure]:
        """Return the account."""
        try:
            return Ok((await super().get_by_id(key)).unwrap())
        except Exception:  # noqa: BLE001
            return Ok(None)


class Accounts(MemoryRepository[Account, str]):
    """Accounts. A store that is away is told as Unavailable."""


bad, repaired = QuietAccounts, Accounts


async def measure(repository: type[MemoryRepository[Account, str]]) -> int:
    """Return how many customers are shown a balance that is not theirs, with each second read failing."""
    bank = Bank()
    accounts = repository(Schema(Account, version=None), bank)
    (await accounts.create_many(Account(f"a{n}", 100) for n in range(10))).unwrap()
    shown: list[int] = []
    for n in range(10):
        bank.away = n % 2 == 1
        if isinstance(read := await accounts.get_by_id(f"a{n}"), Ok):  # else: "please try again"
            shown.append(read.value.cents if read.value else 0)
    return sum(cents != 100 for cents in shown)
