"""One story, told on every backend, with the same words and the same end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.events import DomainEvent
from infra_ref.repository.query_port import Query, desc
from infra_ref.repository.specification_port import where
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from infra_ref.result import Err, Ok
from infra_ref.sample.adapters.shop_schemas import ORDER
from infra_ref.sample.adapters.shop_tables import ORDER_LINES, ORDERS
from infra_ref.sample.adapters.sqlalchemy_order_overview import SqlAlchemyOrderOverview
from infra_ref.sample.order import NotOpen, Order, OrderLine, OrderStatus
from infra_ref.sample.port import OrdersOf, OrderSummary
from infra_ref.sample.use_cases import (
    EmailTaken,
    Unknown,
    close_account,
    pay_order,
    place_order,
    register,
    rename,
)
from infra_ref.sample.user import BadEmail, User
from tests.repository.databases import Counter
from tests.sample.shops import DATABASES, units

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEN, INK = OrderLine("pen", 1, 150), OrderLine("ink", 2, 420)


async def story(database: Any) -> list[Any]:
    """Tell it, and return all that was said."""
    published: list[DomainEvent] = []

    async def publish(events: Any) -> None:
        published.extend(events)

    make_unit = units(database, publish=publish)
    said: list[Any] = [
        await register(make_unit, "u1", "ada@example.org", "Ada"),
        await register(make_unit, "u2", "ada@example.org", "Eve"),
        await register(make_unit, "u2", "nowhere", "Eve"),
        await rename(make_unit, "u1", "Countess"),
        await rename(make_unit, "u9", "Nobody"),
        await place_order(make_unit, "o1", "u1", [PEN, INK, PEN], at=NOON),
        await place_order(make_unit, "o2", "u1", [INK], at=NOON + timedelta(days=1)),
        await place_order(make_unit, "o3", "u9", [INK], at=NOON),
    ]
    paid = await asyncio.gather(*(pay_order(make_unit, "o1") for _ in range(5)))
    said += sorted(paid, key=repr)
    async with make_unit() as unit:
        orders = unit.repository(Order)
        paid_ones = where("status") == OrderStatus.PAID
        said.append(await orders.query(Query(paid_ones, (desc("placed_at"),))))
        said.append(await orders.count_by_specification(~paid_ones))
    said.append(await close_account(make_unit, "u1"))
    async with make_unit() as unit:
        said += [await unit.repository(User).get_all(), await unit.repository(Order).get_all()]
    said.append([(event.type, event.subject) for event in published])
    return said


EXPECTED = [
    Ok(User("u1", "ada@example.org", "Ada", version=1)),
    Err(EmailTaken("ada@example.org")),
    Err(BadEmail()),
    Ok(User("u1", "ada@example.org", "Countess", version=2)),
    Err(Unknown("User", "u9")),
    Ok(Order("o1", "u1", NOON, lines=[OrderLine("pen", 2, 150), INK], version=1)),
    Ok(Order("o2", "u1", NOON + timedelta(days=1), lines=[INK], version=1)),
    Err(Unknown("User", "u9")),
    *[Err(NotOpen(OrderStatus.PAID))] * 4,
    Ok(Order("o1", "u1", NOON, OrderStatus.PAID, [OrderLine("pen", 2, 150), INK], version=2)),
    Ok([Order("o1", "u1", NOON, OrderStatus.PAID, [OrderLine("pen", 2, 150), INK], version=2)]),
    Ok(1),
    Ok(None),
    Ok([]),
    Ok([]),
    [("user.renamed", "u1"), ("order.paid", "o1"), ("order.cancelled", "o2")],
]


@pytest.mark.parametrize("backend", DATABASES)
def test_the_story_is_the_same_on_every_backend(backend: str) -> None:
    async def main() -> None:
        async with DATABASES[backend]() as database:
            for said, expected in zip(await story(database), EXPECTED, strict=True):
                assert said == expected

    run(main())


@pytest.mark.parametrize("backend", ["sqlite", "asyncpg", "psycopg"])
def test_the_overview_is_one_statement(backend: str) -> None:
    async def main() -> None:
        async with DATABASES[backend]() as database:
            make_unit = units(database)
            await register(make_unit, "u1", "ada@example.org", "Ada")
            await place_order(make_unit, "o1", "u1", [PEN, INK], at=NOON)
            await place_order(make_unit, "o2", "u1", [], at=NOON + timedelta(days=1))
            counter = Counter()
            counter.watch(database)
            seen = await SqlAlchemyOrderOverview(database).execute(OrdersOf("u1"))
            assert seen == Ok(
                [OrderSummary("o2", "Ada", "open", 0, 0), OrderSummary("o1", "Ada", "open", 2, 990)]
            )
            assert counter() == 1
            orders: Any = SqlAlchemyQueryableRepository(database, ORDER, ORDERS, ORDER_LINES)
            assert len((await orders.find_by_specification(where("user_id") == "u1")).unwrap()) == 2
            assert counter() == 2

    run(main())
