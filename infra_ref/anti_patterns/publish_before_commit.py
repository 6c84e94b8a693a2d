"""Publish before commit: others hear of an order that was never stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from infra_ref.clock import EPOCH
from infra_ref.events import DomainEvent
from infra_ref.repository.memory_database import MemoryDatabase
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.result import UnwrapError
from infra_ref.sample.adapters.shop_schemas import ORDER, USER
from infra_ref.sample.order import Order
from infra_ref.sample.user import User
from infra_ref.unit_of_work.memory_unit_of_work import MemoryUnitOfWork
from infra_ref.unit_of_work.port import MakeUnit

UNIT = "of 20 announced orders were never stored"

Place = Callable[[MakeUnit, "Announcements", Order], Awaitable[None]]


class Announcements:
    """A bus that remembers what it was given."""

    def __init__(self) -> None:
        self.sent: list[DomainEvent] = []

    async def publish(self, events: Sequence[DomainEvent]) -> None:
        """Tell everyone at once."""
        self.sent += events


async def bad(make_unit: MakeUnit, bus: Announcements, order: Order) -> None:
    """Store an order and announce it."""
    async with make_unit() as unit:
        (await unit.repository(Order).create(order)).unwrap()
        await bus.publish([DomainEvent(type="order.placed", subject=order.id, data={})])
        (await unit.commit()).unwrap()


async def repaired(make_unit: MakeUnit, bus: Announcements, order: Order) -> None:
    """Store an order; the unit publishes what its entities hold once the commit is certain."""
    async with make_unit() as unit:
        order.events.append(DomainEvent(type="order.placed", subject=order.id, data={}))
        (await unit.repository(Order).create(order)).unwrap()
        (await unit.commit()).unwrap()


async def measure(place: Place) -> int:
    """Return how many orders were announced and are not there: every fourth has an unknown customer."""
    database, bus = MemoryDatabase(), Announcements()
    users: MemoryRepository[User, str] = MemoryRepository(USER, database)
    orders: MemoryRepository[Order, str] = MemoryRepository(ORDER, database)
    (await users.create(User("ada", "ada@shop.test", "Ada"))).unwrap()
    make_unit: Any = partial(MemoryUnitOfWork, database, [users, orders], publish=bus.publish)
    for n in range(20):
        order = Order(f"o{n}", "nobody" if n % 4 == 3 else "ada", EPOCH)
        with suppress(UnwrapError):
            await place(make_unit, bus, order)
    stored = {order.id for order in (await orders.get_all()).unwrap()}
    return sum(event.subject not in stored for event in bus.sent)
