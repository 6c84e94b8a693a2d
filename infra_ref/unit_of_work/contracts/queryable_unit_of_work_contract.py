"""What a unit of work must prove whose repositories answer queries, on top of `UnitOfWorkContract`."""

from __future__ import annotations

from infra_ref.contract import rule
from infra_ref.repository.query_port import Query
from infra_ref.repository.specification_port import where
from infra_ref.result import Ok
from infra_ref.unit_of_work.contracts.unit_of_work_contract import Account, UnitOfWorkContract, get, stored
from infra_ref.unit_of_work.query_port import MakeQueryableUnit, QueryableUnitOfWork


class QueryableUnitOfWorkContract(UnitOfWorkContract):
    """The rules of `QueryableUnitOfWork`."""

    port = QueryableUnitOfWork

    @rule("UOW-32", "a specification and a query find what the unit has changed, as the objects it knows")
    async def queries_its_own_work(self, make_unit: MakeQueryableUnit) -> None:
        await stored(make_unit, Account("a"), Account("b"))
        async with make_unit() as unit:
            accounts = unit.repository(Account)
            a, c = await get(unit, "a"), Account("c", balance=7)
            a.balance = 7
            await accounts.create(c)
            await accounts.delete("b")
            rich = (await accounts.query(Query(where("balance") == 7))).unwrap()
            assert rich[0] is a
            assert rich[1] is c
            a.balance = 8
            found = (await accounts.find_by_specification(where("balance") == 8)).unwrap()
            assert found[0] is a
            assert await accounts.count_by_specification(where("balance") == 0) == Ok(0)
