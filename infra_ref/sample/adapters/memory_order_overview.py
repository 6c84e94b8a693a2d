"""The read side of the shop's orders in memory."""

from __future__ import annotations

from infra_ref.repository.errors import ReadFailure
from infra_ref.repository.memory_database import MemoryDatabase, Tables
from infra_ref.result import Ok, Result
from infra_ref.sample.order import Order
from infra_ref.sample.port import OrdersOf, OrderSummary
from infra_ref.sample.user import User


class MemoryOrderOverview:
    """The `OrderOverview` of a sample shop that is kept in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def execute(self, query: OrdersOf) -> Result[list[OrderSummary], ReadFailure]:
        def work(tables: Tables) -> list[OrderSummary]:
            orders = [order for order in tables[Order].values() if order.user_id == query.user_id]
            orders.sort(key=lambda order: order.id)
            orders.sort(key=lambda order: order.placed_at, reverse=True)
            return [
                OrderSummary(
                    order.id,
                    tables[User][order.user_id].name,
                    order.status.value,
                    len(order.lines),
                    order.total_cents,
                )
                for order in orders[: query.limit]
            ]

        return Ok(await self._database.read("read the order overview", work))
