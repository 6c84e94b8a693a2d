"""What a unit of work must prove. `make` gives a function that makes units of `ACCOUNT` and `TRANSFER`.

The units of one function share one database, which starts empty. They publish
to the contract's own `published`:

    def make(self):
        database = MemoryDatabase()
        repositories = [MemoryQueryableRepository(one, database) for one in (ACCOUNT, TRANSFER)]
        return lambda: MemoryUnitOfWork(database, repositories, publish=self.publish)
"""

from __future__ import annotations

from collections.abc import Iterator

from infra_ref.contract import Rule
from infra_ref.unit_of_work.contracts.accounts_contract import (
    ACCOUNT,
    TRANSFER,
    Account,
    Transfer,
    get,
    seen,
    stored,
)
from infra_ref.unit_of_work.contracts.publishing_contract import PublishingRules
from infra_ref.unit_of_work.contracts.refusing_contract import RefusingRules
from infra_ref.unit_of_work.contracts.undoing_contract import UndoingRules
from infra_ref.unit_of_work.contracts.writing_contract import WritingRules
from infra_ref.unit_of_work.port import UnitOfWork

__all__ = ["ACCOUNT", "TRANSFER", "Account", "Transfer", "UnitOfWorkContract", "get", "seen", "stored"]


class UnitOfWorkContract(WritingRules, UndoingRules, RefusingRules, PublishingRules):
    """The rules of `UnitOfWork`."""

    port = UnitOfWork

    @classmethod
    def _named_rules(cls) -> Iterator[tuple[str, Rule]]:
        """Order them by number: each part has old ones and new."""
        yield from sorted(super()._named_rules(), key=lambda named: named[1].number)
