"""N+1: one question for the list, and one more for each thing in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import event

from infra_ref.clock import EPOCH
from infra_ref.repository.query_port import QueryableRepository
from infra_ref.repository.specification_port import where
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.repository.sqlalchemy_sqlite_database import SqliteDatabase
from infra_ref.sample.adapters.shop_schemas import ORDER, USER
from infra_ref.sample.adapters.shop_tables import ORDER_LINES, ORDERS, SHOP, USERS
from infra_ref.sample.order import Order
from infra_ref.sample.user import User

UNIT = "statements for a page of 30 orders"

UserRepository = QueryableRepository[User, str]
OrderRepository = QueryableRepository[Order, str]
Lines = Callable[[OrderRepository, UserRepository], Awaitable[list[str]]]


async def bad(order_repository: OrderRepository, user_repository: UserRepository) -> list[str]:
    """Return each order with its customer's name."""
    lines = []
    for order in (await order_repository.get_all()).unwrap():
        user: Any = (await user_repository.get_by_id(order.user_id)).unwrap()
        lines.append(f"{order.id} {user.name}")
    return lines


async def repaired(order_repository: OrderRepository, user_repository: UserRepository) -> list[str]:
    """Return each order with its customer's name: the customers are fetched together."""
    orders = (await order_repository.get_all()).unwrap()
    asked = where("id").is_in({order.user_id for order in orders})
    users = {user.id: user for user in (await user_repository.find_by_specification(asked)).unwrap()}
    return [f"{order.id} {users[order.user_id].name}" for order in orders]


async def measure(lines: Lines, orders: int = 30) -> int:
    """Return how many statements SQLite is sent for a page of that many orders of 10 customers."""
    database = SqliteDatabase(None)
    await database.write("make tables", SHOP.create_all)
    users = SqlAlchemyQueryableRepository[User, str](database, USER, USERS)
    placed = SqlAlchemyQueryableRepository[Order, str](database, ORDER, ORDERS, ORDER_LINES)
    (await users.create_many(User(f"u{n}", f"u{n}@shop.test", f"User {n}") for n in range(10))).unwrap()
    (await placed.create_many(Order(f"o{n}", f"u{n % 10}", EPOCH) for n in range(orders))).unwrap()
    sent: list[str] = []
    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    await lines(placed, users)
    await database.close()
    return len(sent)
