"""The read side of the shop's orders: one statement that answers one question, past all entities."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from infra_ref.failures import Refused
from infra_ref.repository.errors import ReadFailure
from infra_ref.repository.sqlalchemy_database import SqlAlchemyDatabase
from infra_ref.result import Err, Ok, Result
from infra_ref.sample.adapters.shop_tables import ORDER_LINES, ORDERS, USERS
from infra_ref.sample.port import OrdersOf, OrderSummary

_TOTAL = func.coalesce(func.sum(ORDER_LINES.c.quantity * ORDER_LINES.c.price_cents), 0)
_SUMMARIES = (
    select(ORDERS.c.id, USERS.c.name, ORDERS.c.status, func.count(ORDER_LINES.c.position), _TOTAL)
    .join_from(ORDERS, USERS, ORDERS.c.user_id == USERS.c.id)
    .outerjoin(ORDER_LINES, ORDER_LINES.c.order_id == ORDERS.c.id)
    .group_by(ORDERS.c.id, USERS.c.name, ORDERS.c.status, ORDERS.c.placed_at)
    .order_by(ORDERS.c.placed_at.desc(), ORDERS.c.id)
)


class SqlAlchemyOrderOverview:
    """The `OrderOverview` of the sample shop."""

    def __init__(self, database: SqlAlchemyDatabase) -> None:
        self._database = database

    async def execute(self, query: OrdersOf) -> Result[list[OrderSummary], ReadFailure]:
        def work(connection: Connection) -> list[OrderSummary]:
            wanted = _SUMMARIES.where(ORDERS.c.user_id == query.user_id).limit(query.limit)
            # SUM of bigint is numeric in PostgreSQL, and comes as a Decimal.
            rows = connection.execute(wanted)
            return [
                OrderSummary(order, name, status, lines, int(cents))
                for order, name, status, lines, cents in rows
            ]

        try:
            return Ok(await self._database.read("read the order overview", work))
        except Refused as refused:
            return Err(refused.failure)  # type: ignore[arg-type]
