"""What the shop can do. Each use case is one unit of work, tried again when somebody else was faster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from infra_ref.failures import Failure
from infra_ref.repository.errors import Duplicate, WriteFailure
from infra_ref.repository.specification_port import where
from infra_ref.result import Err, Ok, Result
from infra_ref.sample.order import Order, OrderLine, OrderRefusal
from infra_ref.sample.user import BadEmail, User, is_email
from infra_ref.unit_of_work.in_unit import in_unit
from infra_ref.unit_of_work.port import UnitOfWork
from infra_ref.unit_of_work.query_port import MakeQueryableUnit, QueryableUnitOfWork

T = TypeVar("T")

MakeShopUnit: TypeAlias = MakeQueryableUnit
"""Makes units of work that have repositories of `User` and `Order`."""


@dataclass(frozen=True, slots=True)
class EmailTaken(Failure):
    """Another user has this address."""

    email: str


@dataclass(frozen=True, slots=True)
class Unknown(Failure):
    """There is no such thing in the shop."""

    kind: str
    id: str


ShopRefusal: TypeAlias = EmailTaken | Unknown | BadEmail | OrderRefusal | WriteFailure


async def register(make_unit: MakeShopUnit, user_id: str, email: str, name: str) -> Result[User, ShopRefusal]:
    """Let a customer in."""
    if not is_email(email):
        return Err(BadEmail())

    async def work(unit: UnitOfWork) -> Result[User, WriteFailure]:
        return await unit.repository(User).create(User(user_id, email, name))

    match await in_unit(make_unit, work):
        case Err(Duplicate(_, "email")):
            return Err(EmailTaken(email))
        case other:
            return other


async def rename(make_unit: MakeShopUnit, user_id: str, name: str) -> Result[User, ShopRefusal]:
    """Give a customer another name."""

    async def work(unit: UnitOfWork) -> Result[User, Any]:
        return (await _found(unit, User, user_id)).map(lambda user: _renamed(user, name))

    return await in_unit(make_unit, work)


async def place_order(
    make_unit: MakeShopUnit,
    order_id: str,
    user_id: str,
    lines: list[OrderLine],
    *,
    at: datetime,
) -> Result[Order, ShopRefusal]:
    """Take an order for a customer that the shop knows."""

    async def work(unit: UnitOfWork) -> Result[Order, Any]:
        if isinstance(user := await _found(unit, User, user_id), Err):
            return user
        order = Order(order_id, user_id, at)
        for line in lines:
            if isinstance(refused := order.add(line), Err):
                return refused
        return await unit.repository(Order).create(order)

    return await in_unit(make_unit, work)


async def pay_order(make_unit: MakeShopUnit, order_id: str) -> Result[Order, ShopRefusal]:
    """Close an order as paid; of two that try at once, one succeeds."""

    async def work(unit: UnitOfWork) -> Result[Order, Any]:
        match await _found(unit, Order, order_id):
            case Ok(order):
                return order.pay().map(lambda _: order)
            case refused:
                return refused

    return await in_unit(make_unit, work)


async def close_account(make_unit: MakeShopUnit, user_id: str) -> Result[None, ShopRefusal]:
    """Let a customer go: open orders are cancelled, and all orders leave with him."""

    async def work(unit: QueryableUnitOfWork) -> Result[None, Any]:
        orders = unit.repository(Order)
        held = await orders.find_by_specification(where("user_id") == user_id)
        if isinstance(held, Err):
            return held
        for order in held.value:
            order.cancel()  # refused for a closed one, which is as well
        removed = await orders.delete_many(order.id for order in held.value)
        if isinstance(removed, Err):
            return removed
        return await unit.repository(User).delete(user_id)

    return await in_unit(make_unit, work)


async def _found(unit: UnitOfWork, kind: type[T], key: str) -> Result[T, Any]:
    found = await unit.repository(kind).get_by_id(key)
    if isinstance(found, Err):
        return found
    return Err(Unknown(kind.__name__, key)) if found.value is None else Ok(found.value)


def _renamed(user: User, name: str) -> User:
    user.rename(name)
    return user
